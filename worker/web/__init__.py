"""What people see in a browser: a partner's page, and beside a trial run the inbox of caught mails."""
