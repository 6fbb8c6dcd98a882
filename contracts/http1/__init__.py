"""HTTP/1.1 as the servers of this project read it: strict, within bounds, the same for every cut of
the bytes into segments. It knows no API."""
