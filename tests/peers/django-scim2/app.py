"""A SCIM server the way users of django-scim2 write one: two models, the library's own adapters and views.

The models, a bearer token and SQLite are decided here; all else is the library's behavior.
Usage: PEER_TOKEN=secret PEER_PORT=9103 gunicorn app:application
"""

import os
from pathlib import Path

import django
from django.conf import settings

TOKEN = os.environ["PEER_TOKEN"]
STORE = Path(__file__).with_name("store.sqlite3")

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    AUTH_USER_MODEL="company.User",
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": STORE,
        # Writers wait for each other instead of failing.
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 30},
    }},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django_scim", "company"],
    MIDDLEWARE=["app.authenticated"],
    ROOT_URLCONF="app",
    SECRET_KEY=TOKEN,
    SCIM_SERVICE_PROVIDER={
        "SCHEME": "http",
        "NETLOC": f"127.0.0.1:{os.environ['PEER_PORT']}",
        "GROUP_MODEL": "company.models.Group",
        "AUTHENTICATION_SCHEMES": [
            {"type": "oauthbearertoken", "name": "Bearer token", "description": "a token that the operator hands out"}
        ],
        "WWW_AUTHENTICATE_HEADER": 'Bearer realm="django-scim2"',
    },
    USE_TZ=True,
)
django.setup()

# All of these need the settings above.
from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.auth.models import AnonymousUser  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import include, path  # noqa: E402


def authenticated(following):
    """Who holds the token is a logged-in user; the library's own check refuses everybody else."""

    def answer(request):
        right = request.headers.get("Authorization") == f"Bearer {TOKEN}"
        # A user that is not stored: one that is would be a resident of the company.
        request.user = get_user_model()(username="provisioner") if right else AnonymousUser()
        return following(request)

    return answer


urlpatterns = [path("scim/v2/", include("django_scim.urls"))]

# Every start begins with an empty company; gunicorn preloads this module once.
STORE.unlink(missing_ok=True)
call_command("migrate", run_syncdb=True, verbosity=0)
application = get_wsgi_application()
