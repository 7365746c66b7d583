"""A desk driven by recorded conversations on a virtual clock.

May: use a desk as its hosts do. May not: reach behind it.
"""

from cschat.simulate.policies import Assignments, Policy
from cschat.simulate.running import Figures, Service, Simulation
from cschat.simulate.what_if import Outcome, WhatIf, what_if

__all__ = ["Assignments", "Figures", "Outcome", "Policy", "Service", "Simulation", "WhatIf", "what_if"]
