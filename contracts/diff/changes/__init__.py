"""Changes between two OpenAPI documents: their kinds, whom they break, how they are found."""
