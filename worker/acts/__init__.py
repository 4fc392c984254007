"""What is done with a campaign, one module an act. Each gets a session and writes rows; nothing is sent here."""
