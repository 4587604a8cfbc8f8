(* A policy whose score is used on a set only, against the policy that it estimates: pointwise, with the
   density of the latter. S6 and LN2 of the token level are consequences. *)

From Coq Require Import Reals Lra List.
From ExploreTheory Require Import Sums Laws Tilts.
Open Scope R_scope.

Section Definitions.
Context {A : Type}.
Implicit Types (Y : list A) (base r h : A -> R) (inside : A -> bool).

(* [pi_f] and [pi*(set)] *)
Definition truncated_policy Y base h inside beta : A -> R := tilt Y base (truncated h inside) beta.
Definition optimal_mass Y base r inside beta : R := mass_on Y (optimal Y base r beta) inside.

(* [|f - g| <= c beta] on the set, [g] the reward relative to that of [y']. *)
Definition accurate Y r h inside (y' : A) beta c : Prop :=
  forall y, In y Y -> inside y = true -> Rabs (h y - relative r y' y) <= c * beta.

End Definitions.

Section Densities.
Context {A : Type}.
Variables (Y : list A) (base r h : A -> R) (inside : A -> bool) (y' : A) (beta c : R).
Hypothesis hbeta : 0 < beta.
Hypothesis law : is_law Y base.
Hypothesis there' : In y' Y.
Hypothesis present : 0 < base y'.
Hypothesis kept : inside y' = true.
Hypothesis small : accurate Y r h inside y' beta c.

Let f := truncated h inside.
Let g := relative r y'.
Let Zf := partition Y base f beta.
Let Zg := partition Y base g beta.
Let M := optimal_mass Y base r inside beta.

Lemma Zf_pos : 0 < Zf.
Proof. apply partition_pos, law. Qed.

Lemma Zg_pos : 0 < Zg.
Proof. apply partition_pos, law. Qed.

Lemma best y : optimal Y base r beta y = base y * exp (g y / beta) / Zg.
Proof. symmetry. apply (tilt_relative Y base r beta y' y hbeta law). Qed.

(* At [y'] the relative reward is zero, so that [1/Zg = pi*(y')/base(y')]. *)
Lemma normaliser : / Zg = optimal Y base r beta y' / base y'.
Proof.
  rewrite best. replace (g y') with 0 by (unfold g, relative; ring). replace (0 / beta) with 0 by (field; lra).
  rewrite exp_0. pose proof Zg_pos. field. lra.
Qed.

Lemma mass_pos : 0 < M.
Proof.
  apply (sum_pos _ _ y'); [|exact there'|].
  - intros y there. apply Rmult_le_pos; [apply (proj1 (optimal_law Y base r beta law) y there)|].
    unfold on. destruct (inside y); lra.
  - unfold on. rewrite kept, Rmult_1_r, best. apply Rdiv_lt_0_compat; [|exact Zg_pos].
    apply Rmult_lt_0_compat; [exact present|apply exp_pos].
Qed.

(* On the set the two scores differ by at most [c], in units of [beta]. *)
Lemma scores y : In y Y -> inside y = true -> - c <= f y / beta - g y / beta <= c.
Proof.
  intros there here. pose proof (small y there here) as H. fold g in H.
  unfold f, truncated. rewrite here.
  replace (h y / beta - g y / beta) with ((h y - g y) / beta) by (field; lra).
  pose proof (Rle_abs (h y - g y)). pose proof (Rle_abs (- (h y - g y))) as H1. rewrite Rabs_Ropp in H1.
  split; apply (Rmult_le_reg_r beta); try exact hbeta; unfold Rdiv; rewrite Rmult_assoc, Rinv_l by lra; lra.
Qed.

(* Keeping only the set in the sum: [Zf >= e^(-c) Zg pi*(set)]. *)
Lemma partition_at_least : Zg * M <= exp c * Zf.
Proof.
  unfold M, optimal_mass, mass_on, mean, Zf at 1, partition, mean. rewrite <- !sum_scale.
  apply sum_le. intros y there. rewrite best. pose proof Zg_pos as hZ.
  pose proof (proj1 law y there) as hb. pose proof (exp_pos c). pose proof (exp_pos (f y / beta)).
  unfold on. destruct (inside y) eqn:here.
  - replace (Zg * (base y * exp (g y / beta) / Zg * 1)) with (base y * exp (g y / beta)) by (field; lra).
    replace (exp c * (base y * exp (f y / beta))) with (base y * exp (c + f y / beta))
      by (rewrite exp_plus; ring).
    apply Rmult_le_compat_l; [exact hb|].
    destruct (Req_dec (g y / beta) (c + f y / beta)) as [->|other]; [lra|].
    left. apply exp_increasing. pose proof (scores y there here). lra.
  - assert (0 <= exp c * (base y * exp (f y / beta))); [|lra].
    apply Rmult_le_pos; [lra|]. apply Rmult_le_pos; lra.
Qed.

Lemma policy y : truncated_policy Y base h inside beta y = base y * exp (f y / beta) / Zf.
Proof. reflexivity. Qed.

(* [1/Zf <= e^c/(Zg pi*(set))] *)
Lemma reciprocal : / Zf <= exp c / (Zg * M).
Proof.
  pose proof Zf_pos. pose proof (Rmult_lt_0_compat _ _ Zg_pos mass_pos).
  apply (Rmult_le_reg_l Zf); [assumption|]. rewrite Rinv_r by lra.
  apply (Rmult_le_reg_r (Zg * M)); [assumption|].
  replace (Zf * (exp c / (Zg * M)) * (Zg * M)) with (exp c * Zf) by (field; split; apply Rgt_not_eq;
    [apply mass_pos|apply Zg_pos]).
  pose proof partition_at_least. lra.
Qed.

Theorem off_the_set y : In y Y -> inside y = false ->
  truncated_policy Y base h inside beta y
  <= exp c * (optimal Y base r beta y' / base y') / M * base y.
Proof.
  intros there here. rewrite policy, <- normaliser. unfold f at 1, truncated. rewrite here.
  replace (0 / beta) with 0 by (field; lra). rewrite exp_0, Rmult_1_r.
  pose proof (proj1 law y there) as hb. pose proof Zg_pos. pose proof mass_pos.
  unfold Rdiv at 1. rewrite (Rmult_comm (base y)). apply Rmult_le_compat_r; [exact hb|].
  replace (exp c * / Zg / M) with (exp c / (Zg * M)) by (field; lra). exact reciprocal.
Qed.

Theorem on_the_set y : In y Y -> inside y = true ->
  truncated_policy Y base h inside beta y <= exp (2 * c) * optimal Y base r beta y / M.
Proof.
  intros there here. rewrite policy, best.
  pose proof (proj1 law y there) as hb. pose proof Zg_pos. pose proof mass_pos. pose proof (exp_pos c).
  pose proof (exp_pos (g y / beta)). pose proof (scores y there here) as near.
  assert (weight : exp (f y / beta) <= exp c * exp (g y / beta)).
  { rewrite <- exp_plus. destruct (Req_dec (f y / beta) (c + g y / beta)) as [->|other]; [lra|].
    left. apply exp_increasing. lra. }
  replace (exp (2 * c)) with (exp c * exp c) by (rewrite <- exp_plus; f_equal; ring).
  replace (exp c * exp c * (base y * exp (g y / beta) / Zg) / M)
    with (base y * (exp c * exp (g y / beta)) * (exp c / (Zg * M))) by (field; lra).
  unfold Rdiv at 1. apply Rmult_le_compat; try exact reciprocal.
  - apply Rmult_le_pos; [exact hb|left; apply exp_pos].
  - left. apply Rinv_0_lt_compat, Zf_pos.
  - apply Rmult_le_compat_l; [exact hb|exact weight].
Qed.

End Densities.
