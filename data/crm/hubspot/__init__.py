"""HubSpot: records that are read and updated through its date-based interface."""
