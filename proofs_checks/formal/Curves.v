(* Inequalities of one variable between exponentials, logarithms and polynomials. *)

From Coq Require Import Reals Lra.
From ExploreTheory Require Import Laws.
Open Scope R_scope.

(* --- a quadratic above the exponential ----------------------------------------------------------------- *)

(* [(1 + x + c x^2) e^(-x)], whose slope is [x ((2c - 1) - c x) e^(-x)]. *)
Definition hump (c x : R) : R := (1 + x + c * (x * x)) * exp (- x).

Lemma hump_slope c x : derivable_pt_lim (hump c) x (x * (2 * c - 1 - c * x) * exp (- x)).
Proof.
  replace (x * (2 * c - 1 - c * x) * exp (- x))
    with ((0 + 1 + c * (1 * x + x * 1)) * exp (- x) + (1 + x + c * (x * x)) * (exp (- x) * -1)) by ring.
  unfold hump.
  apply (derivable_pt_lim_mult (fun x => 1 + x + c * (x * x)) (fun x => exp (- x))).
  - apply (derivable_pt_lim_plus (fun x => 1 + x) (fun x => c * (x * x))).
    + apply (derivable_pt_lim_plus (fun _ => 1) (fun x => x)); [apply derivable_pt_lim_const|apply derivable_pt_lim_id].
    + apply (derivable_pt_lim_scal (fun x => x * x)).
      apply (derivable_pt_lim_mult (fun x => x) (fun x => x)); apply derivable_pt_lim_id.
  - apply (derivable_pt_lim_comp (fun x => - x) exp); [|apply derivable_pt_lim_exp].
    apply (derivable_pt_lim_opp (fun x => x)), derivable_pt_lim_id.
Qed.

(* Where the slope has one sign the values at the ends compare. *)
Lemma hump_between c a b : a <= b ->
  exists t, a <= t <= b /\ hump c b - hump c a = t * (2 * c - 1 - c * t) * exp (- t) * (b - a).
Proof.
  intros [less| ->]; [|exists b; split; [lra|ring]].
  destruct (MVT_cor2 (hump c) (fun x => x * (2 * c - 1 - c * x) * exp (- x)) a b less) as [t [value place]].
  - intros x _. apply hump_slope.
  - exists t. split; [lra|exact value].
Qed.

(* [e^x <= 1 + x + c x^2] for [x <= m] whenever it holds at [m > 0]; [c >= 1/2]. *)
Lemma exp_quadratic c m x :
  1 / 2 <= c -> 0 < m -> exp m <= 1 + m + c * (m * m) -> x <= m -> exp x <= 1 + x + c * (x * x).
Proof.
  intros hc hm at_end hx.
  assert (start : hump c 0 = 1) by (unfold hump; rewrite Ropp_0, exp_0; ring).
  assert (finish : 1 <= hump c m).
  { unfold hump. rewrite exp_Ropp. pose proof (exp_pos m). apply (Rmult_le_reg_r (exp m)); [assumption|].
    rewrite Rmult_assoc, Rinv_l by lra. lra. }
  assert (above : 1 <= hump c x).
  { destruct (Rle_lt_dec x 0) as [low|positive].
    - destruct (hump_between c x 0 low) as [t [[ht1 ht2] value]]. pose proof (exp_pos (- t)).
      assert (t * (2 * c - 1 - c * t) <= 0) by nra.
      assert (t * (2 * c - 1 - c * t) * exp (- t) <= 0) by nra.
      assert (t * (2 * c - 1 - c * t) * exp (- t) * (0 - x) <= 0) by nra. lra.
    - destruct (Rle_lt_dec (c * x) (2 * c - 1)) as [rising|falling].
      + destruct (hump_between c 0 x ltac:(lra)) as [t [[ht1 ht2] value]]. pose proof (exp_pos (- t)).
        assert (0 <= 2 * c - 1 - c * t) by nra.
        assert (0 <= t * (2 * c - 1 - c * t)) by nra.
        assert (0 <= t * (2 * c - 1 - c * t) * exp (- t)) by nra.
        assert (0 <= t * (2 * c - 1 - c * t) * exp (- t) * (x - 0)) by nra. lra.
      + destruct (hump_between c x m hx) as [t [[ht1 ht2] value]]. pose proof (exp_pos (- t)).
        assert (2 * c - 1 - c * t <= 0) by nra.
        assert (t * (2 * c - 1 - c * t) <= 0) by nra.
        assert (t * (2 * c - 1 - c * t) * exp (- t) <= 0) by nra.
        assert (t * (2 * c - 1 - c * t) * exp (- t) * (m - x) <= 0) by nra. lra. }
  unfold hump in above. rewrite exp_Ropp in above. pose proof (exp_pos x).
  apply (Rmult_le_reg_r (/ exp x)); [apply Rinv_0_lt_compat; assumption|]. rewrite Rinv_r by lra. exact above.
Qed.

(* [1 + x + x^2/2 <= e^x] for [x >= 0]. *)
Lemma exp_second_order x : 0 <= x -> 1 + x + 1 / 2 * (x * x) <= exp x.
Proof.
  intros hx. destruct (hump_between (1 / 2) 0 x hx) as [t [[ht1 ht2] value]]. pose proof (exp_pos (- t)).
  assert (start : hump (1 / 2) 0 = 1) by (unfold hump; rewrite Ropp_0, exp_0; ring).
  assert (t * (2 * (1 / 2) - 1 - 1 / 2 * t) <= 0) by nra.
  assert (t * (2 * (1 / 2) - 1 - 1 / 2 * t) * exp (- t) <= 0) by nra.
  assert (t * (2 * (1 / 2) - 1 - 1 / 2 * t) * exp (- t) * (x - 0) <= 0) by nra.
  assert (below : hump (1 / 2) x <= 1) by lra.
  unfold hump in below. rewrite exp_Ropp in below. pose proof (exp_pos x).
  apply (Rmult_le_reg_r (/ exp x)); [apply Rinv_0_lt_compat; assumption|]. rewrite Rinv_r by lra. exact below.
Qed.

Lemma exp_1_below_3 : exp 1 <= 3.
Proof. exact exp_le_3. Qed.

(* --- a chord below the logarithm -------------------------------------------------------------------------- *)

Lemma ln_tangent_at x m : 0 < x -> 0 < m -> ln x <= ln m + (x / m - 1).
Proof.
  intros hx hm. assert (hq : 0 < x / m) by (apply Rdiv_lt_0_compat; assumption).
  pose proof (ln_at_most _ hq) as H. rewrite ln_quotient in H by assumption. lra.
Qed.

(* [-ln (1 - p) <= 2 ln 2 p] up to [p = 1/2]: the chord of a convex function. *)
Lemma half_mass p : 0 <= p <= 1 / 2 -> - ln (1 - p) <= 2 * ln 2 * p.
Proof.
  intros hp.
  pose proof (ln_tangent_at 1 (1 - p) ltac:(lra) ltac:(lra)) as one. rewrite ln_1 in one.
  pose proof (ln_tangent_at (/ 2) (1 - p) ltac:(lra) ltac:(lra)) as half. rewrite ln_Rinv in half by lra.
  assert (sum : (1 - 2 * p) * (1 / (1 - p) - 1) + 2 * p * (/ 2 / (1 - p) - 1) = 0) by (field; lra).
  nra.
Qed.
