"""app.pages."""
