"""Facebook Messenger: the webhook's guards, the Send API, the page's profile."""
