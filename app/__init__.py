"""Web pages for sales and managers: the leads in order, and why each is where it is."""
