"""The people of a company, as users of django-scim2 declare them: its two mixins over Django's own user."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django_scim.models import AbstractSCIMGroupMixin, AbstractSCIMUserMixin


class Group(AbstractSCIMGroupMixin):
    name = models.CharField(max_length=254)

    class Meta:
        ordering = ["id"]


class User(AbstractSCIMUserMixin, AbstractUser):
    # userName is unique without regard to case (RFC 7643 §4.1.1).
    username = models.CharField(max_length=254, unique=True, db_collation="NOCASE")
    # The library reads this one by the name `scim_groups`, and a group's members by `user_set`.
    scim_groups = models.ManyToManyField(Group, related_name="user_set")

    class Meta:
        ordering = ["id"]
