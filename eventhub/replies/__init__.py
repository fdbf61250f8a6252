"""What comes in by mail: answers of calendars, letters that came back, complaints."""
