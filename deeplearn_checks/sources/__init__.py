"""Where the tables of an audit come from: a D1 database, Razorpay, the bucket of certificates."""
