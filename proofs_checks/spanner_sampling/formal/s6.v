(* S6: the truncated policy stays within coverage of the base policy.

   For every finite list of responses, base policy (masses may be zero), reward, estimate [h], set [inside]
   that contains the comparison response [y'], of positive base mass, [beta > 0] and [c >= 0]: with
   [g = r - r y'], [f = h] on the set and 0 off it, [pi_f] and [pi*] the tilts by [f] and [r], if
   [|f - g| <= c beta] on the set and [pi* <= C base] everywhere, then
   [pi_f(y) <= e^(2c) C/pi*(set) base(y)] on the set and [<= e^c C/pi*(set) base(y)] off it. The claim has
   [c = 1]. *)

From Coq Require Import Reals Lra List.
From ExploreTheory Require Import Sums Laws Tilts Truncation.
Import ListNotations.
Open Scope R_scope.

(** * Definitions *)

(* [truncated_policy] is [pi_f], [optimal_mass] is [pi*(set)], [accurate] says that [|f - g| <= c beta] on the
   set: all in [Truncation.v]. *)

(* [C] bounds the coverage of [pi*]; without division, so that base masses may be zero. *)
Definition covers {A} (Y : list A) (base r : A -> R) beta (C : R) : Prop :=
  forall y, In y Y -> optimal Y base r beta y <= C * base y.

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
  pose proof (mass_pos Y base r inside y' beta hbeta law there' present kept) as hM.
  pose proof (Rinv_0_lt_compat _ hM) as hI. pose proof (exp_pos c). pose proof (exp_pos (2 * c)).
  split; intros here.
  - eapply Rle_trans; [apply on_the_set with (1 := hbeta) (y' := y'); eassumption|].
    pose proof (cover y there). unfold Rdiv.
    replace (exp (2 * c) * C * / optimal_mass Y base r inside beta * base y)
      with (exp (2 * c) * (C * base y) * / optimal_mass Y base r inside beta) by ring.
    apply Rmult_le_compat_r; [lra|]. apply Rmult_le_compat_l; lra.
  - eapply Rle_trans; [apply off_the_set with (1 := hbeta) (r := r) (c := c) (y' := y'); eassumption|].
    apply Rmult_le_compat_r; [apply (proj1 law y there)|]. apply Rmult_le_compat_r; [lra|].
    apply Rmult_le_compat_l; [lra|]. pose proof (cover y' there').
    apply (Rmult_le_reg_r (base y')); [exact present|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra.
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
