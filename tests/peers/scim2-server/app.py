"""scim2-server as an application for a WSGI server, with what its command serves by default: `just bench-serve`."""

from scim2_models import ScimProvider
from scim2_server.applications.wsgi import WSGIApplication
from scim2_server.memory import InMemoryStorage
from scim2_server.service import ScimService
from scim2_server.utils import load_default_resource_types, load_default_schemas, load_default_service_provider_config

provider = ScimProvider.from_discovery(
    load_default_schemas().values(), load_default_resource_types().values(),
    config=load_default_service_provider_config())
application = WSGIApplication(InMemoryStorage(), provider, ScimService(provider))
