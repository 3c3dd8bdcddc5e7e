"""Git, read through its plumbing with every hook, filter, pager and network path shut."""
