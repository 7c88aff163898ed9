"""manage.py doctor: looks at everything a desk needs and says in plain words what is wrong, why that
matters and what to do. It changes nothing."""
