"""Wrong data given by leads: what an address, a name, a size or several cells together show of it.

Whatever is found is flagged with its rows and stays in the data: a lead is never left out for it.
"""
