"""Ways to hand an alert over. One small interface (base.Channel); third parties add theirs by the entry point group
"alerts.channels": a function that takes the settings and gives a channel."""
