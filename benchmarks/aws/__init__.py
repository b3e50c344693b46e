"""AWS as measured functions meet it: a server that answers what a mail that goes well gets."""
