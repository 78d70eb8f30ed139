"""Who is told what, when and through which channel: from events to mails, webhooks, chats and feeds."""
