: A leaky integrate-and-fire neuron's synapses and spikes on top of a passive compartment: conductances that
: decay exponentially, threshold, reset and refractory time. Weights in uS; below zero they are inhibitory.
NEURON {
  THREADSAFE
  POINT_PROCESS VaCoba
  RANGE e_ex, e_in, tau_ex, tau_in, i_b, v_th, v_reset, t_ref
  NONSPECIFIC_CURRENT i
}
UNITS {
  (nA) = (nanoamp)
  (mV) = (millivolt)
  (uS) = (microsiemens)
}
PARAMETER {
  e_ex = 0 (mV)
  e_in = -80 (mV)
  tau_ex = 5 (ms)
  tau_in = 10 (ms)
  i_b = 0 (nA)
  v_th = -50 (mV)
  v_reset = -60 (mV)
  t_ref = 5 (ms)
}
ASSIGNED {
  v (mV)
  i (nA)
  hold (uS)
}
STATE {
  g_ex (uS)
  g_in (uS)
}
INITIAL {
  g_ex = 0
  g_in = 0
  hold = 0
  net_send(0, 1)
}
BREAKPOINT {
  SOLVE decay METHOD cnexp
  i = g_ex * (v - e_ex) + g_in * (v - e_in) - i_b + hold * (v - v_reset)
}
DERIVATIVE decay {
  g_ex' = -g_ex / tau_ex
  g_in' = -g_in / tau_in
}
: The potential is held by a conductance that is large beside capacitance over time step.
NET_RECEIVE(w (uS)) {
  if (flag == 0) {
    if (w > 0) {
      g_ex = g_ex + w
    } else {
      g_in = g_in - w
    }
  } else if (flag == 1) {
    WATCH (v > v_th) 2
  } else if (flag == 2) {
    net_event(t)
    hold = 1000
    net_send(t_ref, 3)
  } else if (flag == 3) {
    hold = 0
    WATCH (v > v_th) 2
  }
}
