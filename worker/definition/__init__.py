"""What an organizer wrote in a folder, read whole: the campaign, or everything that stands in its way."""
