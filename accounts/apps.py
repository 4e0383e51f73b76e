from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.backends.signals import connection_created

from clinic.lib.timestamps import read_quickly


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import signed_in
        from accounts.languages import use_own
        from accounts.second_factors import noting

        noting.connect()
        user_logged_in.connect(signed_in.begin)
        connection_created.connect(read_quickly)
        user_logged_in.connect(use_own)
