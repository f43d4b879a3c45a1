: A leaky integrate-and-fire neuron's synapses and spikes on top of a passive compartment: currents that
: decay exponentially, threshold, reset and refractory time. Weights in nA; below zero they are inhibitory.
NEURON {
  THREADSAFE
  POINT_PROCESS VaCuba
  RANGE tau_ex, tau_in, i_b, v_th, v_reset, t_ref
  NONSPECIFIC_CURRENT i
}
UNITS {
  (nA) = (nanoamp)
  (mV) = (millivolt)
  (uS) = (microsiemens)
}
PARAMETER {
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
  i_ex (nA)
  i_in (nA)
}
INITIAL {
  i_ex = 0
  i_in = 0
  hold = 0
  net_send(0, 1)
}
BREAKPOINT {
  SOLVE decay METHOD cnexp
  i = -i_ex - i_in - i_b + hold * (v - v_reset)
}
DERIVATIVE decay {
  i_ex' = -i_ex / tau_ex
  i_in' = -i_in / tau_in
}
: The potential is held by a conductance that is large beside capacitance over time step.
NET_RECEIVE(w (nA)) {
  if (flag == 0) {
    if (w > 0) {
      i_ex = i_ex + w
    } else {
      i_in = i_in + w
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
