"""What an alert looks like: a change, a digest, a notice as a mail, a short text or JSON, in the reader's language."""
