from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.backends.signals import connection_created

from clinic.lib.timestamps import read_quickly


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts.languages import use_own

        connection_created.connect(read_quickly)
        user_logged_in.connect(use_own)
