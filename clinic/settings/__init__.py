"""Settings, all from the environment; production values are the defaults. One room a subject."""

from clinic.settings.api import *
from clinic.settings.booking import *
from clinic.settings.documents import *
from clinic.settings.files import *
from clinic.settings.installation import *
from clinic.settings.language import *
from clinic.settings.messages import *
from clinic.settings.people import *
from clinic.settings.portal import *
from clinic.settings.stores import *
from clinic.settings.transport import *
from clinic.settings.watching import *
from clinic.settings.work import *
