"""Cases of every model with parameters, weights and time steps drawn at random, for tests/reference/solve --random."""
import numpy as np


def draw(seed, count, hh, izhikevich):
    """{name: (model, parameters, weights, options)}; hh and izhikevich: parameters that stay."""
    random = np.random.RandomState(seed)

    def u(low, high):
        return float(round(random.uniform(low, high), 4))

    def one(*values):
        return values[random.randint(len(values))]

    cases = {}

    def add(model, params, weights, dt):
        cases[f"{model}_{seed}.{count_of(model)}"] = (model, params, weights, {"dt": dt})

    def count_of(model):
        return sum(c[0] == model for c in cases.values())

    for _ in range(count):
        dt, rest, tau = one(0.1, 0.1, 0.1, 0.05, 0.2, 0.25), u(-80, -50), u(5, 30)
        base = {"C_m": u(50, 500), "E_L": rest, "V_th": rest + u(5, 25), "V_reset": rest + one(0.0, -u(0, 10), u(0, 4.9)),
                "t_ref": one(u(0, 5), dt, 2.0), "I_e": u(-100, 500), "V_m": rest + u(-10, 4)}
        bound = {"V_min": base["V_reset"] - u(0, 20)} if random.rand() < 0.3 else {}
        taus = {"tau_syn_ex": one(u(0.1, 8), tau, 2.0), "tau_syn_in": one(u(0.1, 8), tau, 2.0)}
        pa = u(10, 800), u(10, 1500), -u(10, 800)
        add("iaf_psc_exp", {**base, "tau_m": tau, **taus}, pa, dt)
        add("iaf_psc_alpha", {**base, "tau_m": tau, **taus, **bound}, pa, dt)
        add("iaf_psc_delta", {**base, "tau_m": tau, **bound, "refractory_input": bool(random.rand() < 0.5)},
            (u(0.1, 3), u(0.1, 6), -u(0.1, 4)), dt)
        cond = {**base, "g_L": u(3, 30), "E_ex": u(-10, 20), "E_in": u(-100, -60), "tau_syn_ex": u(0.1, 6),
                "tau_syn_in": u(0.3, 12)}
        ns = u(0.2, 20), u(0.2, 40), -u(0.2, 30)
        add("iaf_cond_exp", {**cond, "g_ex": u(0, 5), "g_in": u(0, 5)}, ns, dt)
        add("iaf_cond_alpha", cond, ns, dt)
        aeif = {**base, "C_m": u(80, 400), "g_L": u(3, 40), "V_m": rest, "Delta_T": one(u(0.5, 6), 2.0),
                "V_peak": base["V_th"] + u(10, 50), "a": u(-2, 10), "b": u(0, 200), "tau_w": u(10, 300),
                "t_ref": one(0.0, 0.0, u(0, 5)), "tau_syn_ex": u(0.2, 5), "tau_syn_in": u(0.5, 10), "I_e": u(0, 900),
                "w": u(-20, 50), "gsl_error_tol": 1e-12}
        add("aeif_psc_exp", aeif, (u(10, 500), u(10, 900), -u(10, 400)), dt)
        add("aeif_cond_exp", {**aeif, "E_ex": u(-5, 10), "E_in": u(-90, -70), "g_ex": u(0, 4), "g_in": u(0, 4)},
            (u(0.2, 10), u(0.2, 20), -u(0.2, 15)), dt)
        add("hh_cond_exp_traub",
            {**hh, "C_m": u(100, 300), "g_Na": u(12000, 25000), "g_K": u(4000, 8000), "V_T": u(-66, -55),
             "t_ref": one(2.0, u(0.5, 4)), "tau_syn_ex": u(0.5, 6), "tau_syn_in": u(1, 12), "I_e": u(0, 800), "V_m": u(-80, -55)},
            (u(0.5, 8), u(0.5, 16), -u(0.5, 20)), dt)
        add("izhikevich",
            {**izhikevich, "a": u(0.01, 0.15), "b": u(0.1, 0.28), "c": u(-70, -48), "d": u(0.5, 9), "I_e": u(-2, 15),
             "consistent_integration": bool(random.rand() < 0.5), "V_m": u(-75, -55), "U_m": u(-16, -10)},
            (u(0.2, 4), u(0.2, 4), -u(0.2, 4)), dt)
    return cases
