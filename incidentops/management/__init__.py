"""What manage.py can do beside what Django and the apps bring."""
