"""A desk driven by recorded conversations on a virtual clock.

May: use a desk as its hosts do. May not: reach behind it.
"""

from cschat.simulate.policies import Assignments, Policy
from cschat.simulate.running import Figures, Service, Simulation

__all__ = ["Assignments", "Figures", "Policy", "Service", "Simulation"]
