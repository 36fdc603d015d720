"""What was done: the database, who writes it, and how it is carried to others."""
