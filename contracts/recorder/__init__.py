"""A recording reverse proxy: any client behind it, any provider before it."""
