"""E-mail by SMTP: the port `Mail` with a real server behind it."""
