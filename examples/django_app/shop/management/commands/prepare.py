"""Run once: three people who can sign in, of whom the desk gets to know two as its agents."""

from cschat import commands as c
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand

from shop.support import desk


class Command(BaseCommand):
    """What `manage.py prepare` does."""

    def handle(self, *args, **options):
        for name, known_as, staff in (("mina", "민아", True), ("junho", "준호", True), ("suji", "수지", False)):
            User.objects.create_user(name, f"{name}@shop.example", password=name, first_name=known_as, is_staff=staff)
        with desk:
            desk.do(c.ChangeBrand(name="하늘상점"))
            desk.do(c.SetHours(always_open=True))
            desk.do(c.AddAgent(name="민아", role="admin", user_id="mina", status="available"))
            desk.do(c.AddAgent(name="준호", user_id="junho", status="available"))
