(* S6: the truncated policy stays within coverage of the base policy.

   For every finite list of responses, base policy (masses may be zero), reward, estimate [h], set [inside]
   that contains the comparison response [y'], of positive base mass, [beta > 0] and [c >= 0]: with
   [g = r - r y'], [f = h] on the set and 0 off it, [pi_f] and [pi*] the tilts by [f] and [r], if
   [|f - g| <= c beta] on the set and [pi* <= C base] everywhere, then
   [pi_f(y) <= e^(2c) C/pi*(set) base(y)] on the set and [<= e^c C/pi*(set) base(y)] off it. The claim has
   [c = 1]. *)

From Coq Require Import Reals Lra List.
From ExploreTheory Require Import Sums Laws Tilts.
Import ListNotations.
Open Scope R_scope.

(** * Definitions *)

Section Statement.
Context {A : Type}.
Implicit Types (Y : list A) (base r h : A -> R) (inside : A -> bool).

(* [pi_f] and [pi*(set)] *)
Definition truncated_policy Y base h inside beta : A -> R := tilt Y base (truncated h inside) beta.
Definition optimal_mass Y base r inside beta : R := mass_on Y (optimal Y base r beta) inside.

(* [C] bounds the coverage of [pi*]; without division, so that base masses may be zero. *)
Definition covers Y base r beta (C : R) : Prop := forall y, In y Y -> optimal Y base r beta y <= C * base y.

(* [|f - g| <= c beta] on the set. *)
Definition accurate Y r h inside (y' : A) beta c : Prop :=
  forall y, In y Y -> inside y = true -> Rabs (h y - relative r y' y) <= c * beta.

End Statement.

(** * The proof *)

Section Proof.
Context {A : Type}.
Variables (Y : list A) (base r h : A -> R) (inside : A -> bool) (y' : A) (beta c C : R).
Hypothesis hbeta : 0 < beta.
Hypothesis law : is_law Y base.
Hypothesis there' : In y' Y.
Hypothesis present : 0 < base y'.
Hypothesis kept : inside y' = true.
Hypothesis small : accurate Y r h inside y' beta c.
Hypothesis cover : covers Y base r beta C.

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

(* At [y'] the relative reward is zero, so [1/Zg = pi*(y')/base(y') <= C]. *)
Lemma normaliser : 1 <= C * Zg.
Proof.
  pose proof (cover y' there') as H. rewrite best in H.
  replace (g y') with 0 in H by (unfold g, relative; ring). replace (0 / beta) with 0 in H by (field; lra).
  rewrite exp_0, Rmult_1_r in H. pose proof Zg_pos as hZ.
  apply (Rmult_le_compat_r Zg) in H; [|lra]. unfold Rdiv in H. rewrite Rmult_assoc, Rinv_l in H by lra.
  apply (Rmult_le_reg_l (base y')); [exact present|]. lra.
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

Lemma off_the_set y : In y Y -> inside y = false ->
  truncated_policy Y base h inside beta y <= exp c * C / M * base y.
Proof.
  intros there here. rewrite policy. unfold f at 1, truncated. rewrite here.
  replace (0 / beta) with 0 by (field; lra). rewrite exp_0, Rmult_1_r.
  pose proof (proj1 law y there) as hb. pose proof Zg_pos. pose proof mass_pos. pose proof (exp_pos c).
  unfold Rdiv at 1. rewrite (Rmult_comm (base y)). apply Rmult_le_compat_r; [exact hb|].
  apply Rle_trans with (exp c / (Zg * M)); [exact reciprocal|].
  apply (Rmult_le_reg_r (Zg * M)); [apply Rmult_lt_0_compat; assumption|].
  replace (exp c / (Zg * M) * (Zg * M)) with (exp c * 1) by (field; lra).
  replace (exp c * C / M * (Zg * M)) with (exp c * (C * Zg)) by (field; lra).
  apply Rmult_le_compat_l; [lra|exact normaliser].
Qed.

Lemma on_the_set y : In y Y -> inside y = true ->
  truncated_policy Y base h inside beta y <= exp (2 * c) * C / M * base y.
Proof.
  intros there here. rewrite policy.
  pose proof (proj1 law y there) as hb. pose proof Zg_pos. pose proof mass_pos. pose proof (exp_pos c).
  pose proof (exp_pos (g y / beta)). pose proof (scores y there here) as near.
  assert (weight : exp (f y / beta) <= exp c * exp (g y / beta)).
  { rewrite <- exp_plus. destruct (Req_dec (f y / beta) (c + g y / beta)) as [->|other]; [lra|].
    left. apply exp_increasing. lra. }
  pose proof (cover y there) as bound. rewrite best in bound.
  assert (step : base y * exp (g y / beta) <= C * base y * Zg).
  { apply (Rmult_le_compat_r Zg) in bound; [|lra].
    replace (base y * exp (g y / beta) / Zg * Zg) with (base y * exp (g y / beta)) in bound by (field; lra).
    exact bound. }
  apply Rle_trans with (base y * (exp c * exp (g y / beta)) * (exp c / (Zg * M))).
  - unfold Rdiv at 1. apply Rmult_le_compat; try exact reciprocal.
    + apply Rmult_le_pos; [exact hb|left; apply exp_pos].
    + left. apply Rinv_0_lt_compat, Zf_pos.
    + apply Rmult_le_compat_l; [exact hb|exact weight].
  - replace (exp (2 * c)) with (exp c * exp c) by (rewrite <- exp_plus; f_equal; ring).
    apply (Rmult_le_reg_r (Zg * M)); [apply Rmult_lt_0_compat; assumption|].
    replace (base y * (exp c * exp (g y / beta)) * (exp c / (Zg * M)) * (Zg * M))
      with (exp c * exp c * (base y * exp (g y / beta))) by (field; lra).
    replace (exp c * exp c * C / M * base y * (Zg * M)) with (exp c * exp c * (C * base y * Zg)) by (field; lra).
    apply Rmult_le_compat_l; [nra|exact step].
Qed.

End Proof.

(** * The theorem *)

Theorem density_ratio {A} (Y : list A) base r h inside y' (beta c C : R) :
  0 < beta -> is_law Y base -> In y' Y -> 0 < base y' -> inside y' = true ->
  accurate Y r h inside y' beta c -> covers Y base r beta C ->
  forall y, In y Y ->
  (inside y = true -> truncated_policy Y base h inside beta y
    <= exp (2 * c) * C / optimal_mass Y base r inside beta * base y)
  /\ (inside y = false -> truncated_policy Y base h inside beta y
    <= exp c * C / optimal_mass Y base r inside beta * base y).
Proof.
  intros hbeta law there' present kept small cover y there.
  split; intros here; [apply on_the_set with y'|apply off_the_set with y']; assumption.
Qed.

(** * Neither constant can be smaller *)

(* Rewards are zero, so that [pi* = base], [C = 1]; base masses [s, s, 1 - 2s] of [y'], [y] and the rest,
   [s = 1/2000], [beta = c = 1]. *)
Inductive response := Comparison | Other | Rest.
Definition all : list response := [Comparison; Other; Rest].
Definition few (y : response) : R := match y with Rest => 1998 / 2000 | _ => 1 / 2000 end.
Definition nothing : response -> R := fun _ => 0.

Lemma few_law : is_law all few.
Proof. split; [intros [| |] _|]; unfold few, all; simpl; lra. Qed.

Lemma zero_over_one : 0 / 1 = 0.
Proof. field. Qed.

Lemma few_optimal y : optimal all few nothing 1 y = few y.
Proof.
  unfold optimal, partition, mean, nothing, all, few. simpl. rewrite zero_over_one, exp_0. destruct y; field.
Qed.

Lemma few_covers : covers all few nothing 1 1.
Proof. intros y _. rewrite few_optimal. lra. Qed.

(* The two inequalities with [k] in place of [e^2] and of [e]. *)
Definition on_with (k : R) : Prop := forall (Y : list response) base r h inside y' beta C,
  0 < beta -> is_law Y base -> In y' Y -> 0 < base y' -> inside y' = true ->
  accurate Y r h inside y' beta 1 -> covers Y base r beta C ->
  forall y, In y Y -> inside y = true ->
  truncated_policy Y base h inside beta y <= k * (C / optimal_mass Y base r inside beta) * base y.

Definition off_with (k : R) : Prop := forall (Y : list response) base r h inside y' beta C,
  0 < beta -> is_law Y base -> In y' Y -> 0 < base y' -> inside y' = true ->
  accurate Y r h inside y' beta 1 -> covers Y base r beta C ->
  forall y, In y Y -> inside y = false ->
  truncated_policy Y base h inside beta y <= k * (C / optimal_mass Y base r inside beta) * base y.

(* Everything is in the set; estimates are [1] at [y], [-1] at the rest. *)
Definition steep (y : response) : R := match y with Comparison => 0 | Other => 1 | Rest => -1 end.

Lemma on_needs k : on_with k -> 99 / 100 * exp 2 < k.
Proof.
  intros H. apply Rnot_le_lt. intros small_k.
  specialize (H all few nothing steep (fun _ => true) Comparison 1 1 ltac:(lra) few_law ltac:(left; reflexivity)
    ltac:(unfold few; lra) eq_refl).
  assert (small : accurate all nothing steep (fun _ => true) Comparison 1 1).
  { intros [| |] _ _; unfold nothing, steep, relative, Rabs; destruct Rcase_abs; lra. }
  specialize (H small few_covers Other ltac:(right; left; reflexivity) eq_refl). clear small.
  assert (mass : optimal_mass all few nothing (fun _ => true) 1 = 1).
  { unfold optimal_mass, mass_on, mean, on, all. simpl. rewrite !few_optimal. unfold few. lra. }
  rewrite mass in H. clear mass.
  assert (k * (1 / 1) * few Other <= 99 / 100 * (exp 2 * 1 / 1) * few Other) by (unfold few; lra).
  apply (fun below => Rle_trans _ _ _ below H0) in H. clear H0 small_k.
  unfold truncated_policy, tilt, optimal, partition, mean, truncated, steep, few, all in H. simpl in H.
  rewrite zero_over_one, exp_0 in H. replace (1 / 1) with 1 in H by field.
  replace (-1 / 1) with (- (1)) in H by field.
  rewrite exp_Ropp in H. replace (exp 2) with (exp 1 * exp 1) in H by (rewrite <- exp_plus; f_equal; lra).
  pose proof exp_le_3 as low. pose proof (exp_ineq1_le 1) as high. set (e := exp 1) in *.
  assert (hZ : 0 < 1 / 2000 * 1 + (1 / 2000 * e + (1998 / 2000 * / e + 0))).
  { pose proof (Rinv_0_lt_compat e ltac:(lra)). nra. }
  apply (Rmult_le_compat_r (2000 * (1 / 2000 * 1 + (1 / 2000 * e + (1998 / 2000 * / e + 0))))) in H; [|lra].
  replace (1 / 2000 * e / (1 / 2000 * 1 + (1 / 2000 * e + (1998 / 2000 * / e + 0)))
    * (2000 * (1 / 2000 * 1 + (1 / 2000 * e + (1998 / 2000 * / e + 0))))) with e in H by (field; split; nra).
  replace (99 / 100 * (e * e * 1 / 1) * (1 / 2000)
    * (2000 * (1 / 2000 * 1 + (1 / 2000 * e + (1998 / 2000 * / e + 0)))))
    with (99 / 100 * e * (1 / 2000 * e + 1 / 2000 * (e * e) + 1998 / 2000)) in H by (field; lra).
  assert (99 / 100 * (1 / 2000 * e + 1 / 2000 * (e * e) + 1998 / 2000) < 1) by nra.
  nra.
Qed.

(* [y] is outside; the estimate is [-1] at the rest. *)
Definition low (y : response) : R := match y with Rest => -1 | _ => 0 end.
Definition but_other (y : response) : bool := match y with Other => false | _ => true end.

Lemma off_needs k : off_with k -> 99 / 100 * exp 1 < k.
Proof.
  intros H. apply Rnot_le_lt. intros small_k.
  specialize (H all few nothing low but_other Comparison 1 1 ltac:(lra) few_law ltac:(left; reflexivity)
    ltac:(unfold few; lra) eq_refl).
  assert (small : accurate all nothing low but_other Comparison 1 1).
  { intros [| |] _ _; unfold nothing, low, relative, Rabs; destruct Rcase_abs; lra. }
  specialize (H small few_covers Other ltac:(right; left; reflexivity) eq_refl). clear small.
  assert (mass : optimal_mass all few nothing but_other 1 = 1999 / 2000).
  { unfold optimal_mass, mass_on, mean, on, but_other, all. simpl. rewrite !few_optimal. unfold few. lra. }
  rewrite mass in H. clear mass.
  assert (k * (1 / (1999 / 2000)) * few Other <= 99 / 100 * (exp 1 * 1 / (1999 / 2000)) * few Other)
    by (unfold few; lra).
  apply (fun below => Rle_trans _ _ _ below H0) in H. clear H0 small_k.
  unfold truncated_policy, tilt, optimal, partition, mean, truncated, low, but_other, few, all in H. simpl in H.
  rewrite zero_over_one, exp_0 in H.
  replace (-1 / 1) with (- (1)) in H by field. rewrite exp_Ropp in H.
  pose proof exp_le_3 as above. pose proof (exp_ineq1_le 1) as below. set (e := exp 1) in *.
  assert (hZ : 0 < 1 / 2000 * 1 + (1 / 2000 * 1 + (1998 / 2000 * / e + 0))).
  { pose proof (Rinv_0_lt_compat e ltac:(lra)). lra. }
  apply (Rmult_le_compat_r (2000 * (1 / 2000 * 1 + (1 / 2000 * 1 + (1998 / 2000 * / e + 0))))) in H; [|lra].
  replace (1 / 2000 * 1 / (1 / 2000 * 1 + (1 / 2000 * 1 + (1998 / 2000 * / e + 0)))
    * (2000 * (1 / 2000 * 1 + (1 / 2000 * 1 + (1998 / 2000 * / e + 0))))) with 1 in H by (field; split; nra).
  replace (99 / 100 * (e * 1 / (1999 / 2000)) * (1 / 2000)
    * (2000 * (1 / 2000 * 1 + (1 / 2000 * 1 + (1998 / 2000 * / e + 0)))))
    with (99 / 100 * (2000 / 1999) * (2 / 2000 * e + 1998 / 2000)) in H by (field; lra).
  nra.
Qed.

Theorem ninety_nine_percent_is_false : ~ on_with (99 / 100 * exp 2) /\ ~ off_with (99 / 100 * exp 1).
Proof. split; intros H; [apply on_needs in H|apply off_needs in H]; lra. Qed.

Theorem e_on_the_inside_is_false : ~ on_with (exp 1).
Proof.
  intros H. apply on_needs in H. replace 2 with (1 + 1) in H by lra. rewrite exp_plus in H.
  pose proof (exp_ineq1_le 1). nra.
Qed.

Theorem one_on_the_outside_is_false : ~ off_with 1.
Proof. intros H. apply off_needs in H. pose proof (exp_ineq1_le 1). lra. Qed.
