from django.apps import AppConfig
from django.db.backends.signals import connection_created

from clinic.lib.timestamps import read_quickly


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        connection_created.connect(read_quickly)
