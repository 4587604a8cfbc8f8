(* P1: at a planted assignment a satisfied term has pi(star) = 1/(1 + (1 - p0) eta^2) >= 1 - eta^2, one with u >= 1
   violated literals eta^(8u-2)/(eta^(8u-2) + 1 - p0), and C_cov = q1/p0 if some term is satisfied; for every
   number of terms, k and n. *)

From Coq Require Import Reals Lra Lia List.
From ExploreTheory Require Import Sums Laws Plantings.
Import ListNotations.
Open Scope R_scope.

(* --- definitions ------------------------------------------------------------------------------------- *)

Definition q1 (k : nat) (eta : R) : R := 1 / (1 + (1 - p0 k eta) * eta ^ 2).

(* pi_star/pi_ref at a term and a response. *)
Definition ratio (n k : nat) (eta : R) (sigma : nat -> R) (t : term) (y : bool) : R :=
  optimal answers (base k eta) (score (inner n k sigma t)) (temperature k eta) y / base k eta y.

(* C is the supremum of the ratios over the terms, each a prompt of the same mass. *)
Definition is_coverage (n k : nat) (eta : R) (sigma : nat -> R) (terms : list term) (C : R) : Prop :=
  is_lub (fun c => exists t y, In t terms /\ c = ratio n k eta sigma t y) C.

Section Proof.
Variables (n k : nat) (eta : R) (sigma : nat -> R).
Hypothesis some : (0 < k)%nat.
Hypothesis small : 0 < eta <= 1 / 4.
Hypothesis signs : assignment sigma.

Let below_one : 0 < eta < 1.
Proof. lra. Qed.

(* Star's weight at [u] violated literals. *)
Lemma planted_weight t : well_formed n k t ->
  weight k eta (agreement sigma t) * eta ^ 2 = eta ^ (4 * (2 * violated sigma t)).
Proof.
  intros [len _]. rewrite agreement_of_assignment, len by exact signs.
  replace (INR k - 2 * INR (violated sigma t)) with (INR k - INR (2 * violated sigma t)).
  - apply weight_whole; [exact some|exact below_one].
  - rewrite mult_INR. reflexivity.
Qed.

Lemma satisfied t : well_formed n k t -> violated sigma t = 0%nat -> star n k eta sigma t = q1 k eta.
Proof.
  intros well none. rewrite star_is by assumption.
  pose proof (planted_weight t well) as w. rewrite none in w. simpl (eta ^ (4 * (2 * 0))) in w.
  pose proof (weight_pos k eta some below_one (agreement sigma t)). destruct (p0_range k eta some below_one) as [_ high].
  assert (0 < eta ^ 2) by (apply pow_lt; lra).
  unfold q1. apply (Rmult_eq_reg_r (weight k eta (agreement sigma t) + 1 - p0 k eta)); [|lra].
  replace (weight k eta (agreement sigma t) / (weight k eta (agreement sigma t) + 1 - p0 k eta)
           * (weight k eta (agreement sigma t) + 1 - p0 k eta)) with (weight k eta (agreement sigma t)) by (field; lra).
  assert (0 < (1 - p0 k eta) * eta ^ 2) by (apply Rmult_lt_0_compat; lra).
  apply (Rmult_eq_reg_r (1 + (1 - p0 k eta) * eta ^ 2)); [|lra].
  replace (1 / (1 + (1 - p0 k eta) * eta ^ 2) * (weight k eta (agreement sigma t) + 1 - p0 k eta)
           * (1 + (1 - p0 k eta) * eta ^ 2)) with (weight k eta (agreement sigma t) + 1 - p0 k eta) by (field; lra).
  transitivity (weight k eta (agreement sigma t)
                + (1 - p0 k eta) * (weight k eta (agreement sigma t) * eta ^ 2)); [ring|]. rewrite w. ring.
Qed.

Lemma unsatisfied t u : well_formed n k t -> violated sigma t = S u ->
  star n k eta sigma t = eta ^ (8 * S u - 2) / (eta ^ (8 * S u - 2) + 1 - p0 k eta).
Proof.
  intros well count. rewrite star_is by assumption.
  pose proof (planted_weight t well) as w. rewrite count in w.
  assert (0 < eta ^ 2) by (apply pow_lt; lra).
  replace (weight k eta (agreement sigma t)) with (eta ^ (8 * S u - 2)); [reflexivity|].
  apply (Rmult_eq_reg_r (eta ^ 2)); [|lra]. rewrite w, <- pow_add. f_equal. lia.
Qed.

Lemma q1_at_least : 1 - eta ^ 2 <= q1 k eta.
Proof.
  destruct (p0_range k eta some below_one) as [[low _] high].
  assert (0 < eta ^ 2) by (apply pow_lt; lra).
  assert (0 < (1 - p0 k eta) * eta ^ 2) by (apply Rmult_lt_0_compat; lra).
  assert (0 <= p0 k eta * eta ^ 2) by (apply Rmult_le_pos; lra).
  assert (0 <= (1 - p0 k eta) * eta ^ 2 * eta ^ 2) by (apply Rmult_le_pos; lra).
  unfold q1. apply (Rmult_le_reg_r (1 + (1 - p0 k eta) * eta ^ 2)); [lra|].
  unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra.
  replace ((1 - eta ^ 2) * (1 + (1 - p0 k eta) * eta ^ 2))
    with (1 - p0 k eta * eta ^ 2 - (1 - p0 k eta) * eta ^ 2 * eta ^ 2) by ring. lra.
Qed.

Lemma ratio_star t : ratio n k eta sigma t true = star n k eta sigma t / p0 k eta.
Proof. reflexivity. Qed.

Lemma ratio_null t : ratio n k eta sigma t false = (1 - star n k eta sigma t) / (1 - p0 k eta).
Proof.
  pose proof (optimal_law answers (base k eta) (score (inner n k sigma t)) (temperature k eta)
                (base_law k eta some below_one)) as [_ one].
  unfold ratio, star. change (base k eta false) with (1 - p0 k eta). f_equal.
  unfold answers in one at 1. simpl sum in one. lra.
Qed.

(* No term does better than a satisfied one. *)
Lemma star_at_most t : well_formed n k t -> star n k eta sigma t <= q1 k eta.
Proof.
  intros well. destruct (violated sigma t) as [|u] eqn:count.
  - rewrite satisfied by assumption. lra.
  - pose proof (p0_range k eta some below_one) as [[low _] high].
    assert (0 < eta ^ 2) by (apply pow_lt; lra).
    assert (bound : star n k eta sigma t <= (1 / eta ^ 2) / (1 / eta ^ 2 + 1 - p0 k eta)).
    { rewrite star_is by assumption. apply share_le; [exact some|exact below_one|].
      split; [apply weight_pos; [exact some|exact below_one]|].
      apply (Rmult_le_reg_r (eta ^ 2)); [assumption|]. rewrite planted_weight by exact well.
      replace (1 / eta ^ 2 * eta ^ 2) with 1 by (field; lra).
      rewrite <- (pow1 (4 * (2 * violated sigma t))). apply pow_incr; lra. }
    replace (q1 k eta) with ((1 / eta ^ 2) / (1 / eta ^ 2 + 1 - p0 k eta)); [exact bound|].
    unfold q1. assert (0 < (1 - p0 k eta) * eta ^ 2) by (apply Rmult_lt_0_compat; lra). field. lra.
Qed.

Lemma coverage terms : (forall t, In t terms -> well_formed n k t) ->
  (exists t, In t terms /\ violated sigma t = 0%nat) ->
  is_coverage n k eta sigma terms (q1 k eta / p0 k eta).
Proof.
  intros well [t0 [it0 none]]. destruct (p0_range k eta some below_one) as [[low square] high].
  assert (sixteenth : eta ^ 2 <= 1 / 16).
  { simpl. rewrite Rmult_1_r. replace (1 / 16) with (1 / 4 * (1 / 4)) by field. apply Rmult_le_compat; lra. }
  assert (q1_low := q1_at_least).
  split.
  - intros c [t [[|] [it ->]]].
    + rewrite ratio_star. apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat, low|].
      apply star_at_most, well, it.
    + rewrite ratio_null.
      assert (0 <= star n k eta sigma t).
      { apply (proj1 (optimal_law answers (base k eta) (score (inner n k sigma t)) (temperature k eta)
                 (base_law k eta some below_one)) true). left; reflexivity. }
      apply (Rle_trans _ 2).
      * apply (Rmult_le_reg_r (1 - p0 k eta)); [lra|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra.
      * apply (Rmult_le_reg_r (p0 k eta)); [exact low|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra.
  - intros C above. apply above. exists t0, true. split; [exact it0|].
    rewrite ratio_star, satisfied; auto.
Qed.

End Proof.

(* --- the claim --------------------------------------------------------------------------------------- *)

Theorem p1 (n k : nat) (eta : R) (sigma : nat -> R) (terms : list term) :
  (0 < k)%nat -> 0 < eta <= 1 / 4 -> assignment sigma -> (forall t, In t terms -> well_formed n k t) ->
  (forall t, In t terms -> violated sigma t = 0%nat ->
    star n k eta sigma t = 1 / (1 + (1 - p0 k eta) * eta ^ 2) /\ 1 - eta ^ 2 <= star n k eta sigma t) /\
  (forall t u, In t terms -> violated sigma t = u -> (1 <= u)%nat ->
    star n k eta sigma t = eta ^ (8 * u - 2) / (eta ^ (8 * u - 2) + 1 - p0 k eta)) /\
  ((exists t, In t terms /\ violated sigma t = 0%nat) -> is_coverage n k eta sigma terms (q1 k eta / p0 k eta)).
Proof.
  intros some small signs well. split; [|split].
  - intros t it none. rewrite satisfied by auto. split; [reflexivity|apply q1_at_least; assumption].
  - intros t [|u] it count least; [lia|]. apply unsatisfied; auto.
  - intros found. apply coverage; assumption.
Qed.

(* --- false variants, at one term of one literal, eta = 1/4 ------------------------------------------- *)

Definition all_true : nat -> R := fun _ => 1.
Definition satisfied_term : term := [(0%nat, true)].
Definition violated_term : term := [(0%nat, false)].

Lemma example t : well_formed 1 1 [(0%nat, t)].
Proof. split; [reflexivity|intros l [<-|[]]; simpl; lia]. Qed.

Lemma true_assignment : assignment all_true.
Proof. intros v; left; reflexivity. Qed.

(* A violated literal costs eta^4, not eta^8. *)
Theorem not_four_per_literal : ~ (forall n k eta sigma t u,
  (0 < k)%nat -> 0 < eta <= 1 / 4 -> assignment sigma -> well_formed n k t ->
  violated sigma t = u -> (1 <= u)%nat ->
  star n k eta sigma t = eta ^ (4 * u - 2) / (eta ^ (4 * u - 2) + 1 - p0 k eta)).
Proof.
  intros says.
  assert (one : violated all_true violated_term = 1%nat).
  { simpl. destruct Rlt_dec as [|not]; [reflexivity|exfalso; apply not; unfold all_true; lra]. }
  specialize (says 1%nat 1%nat (1 / 4) all_true violated_term 1%nat ltac:(lia) ltac:(lra)
                true_assignment (example false) one (le_n _)).
  rewrite (unsatisfied 1 1 (1 / 4) all_true) with (u := 0%nat) in says
    by (lia || lra || apply true_assignment || apply example || exact one).
  revert says. unfold p0; simpl. lra.
Qed.

(* q1 >= 1 - eta^3. *)
Theorem not_third_power : ~ (forall n k eta sigma t,
  (0 < k)%nat -> 0 < eta <= 1 / 4 -> assignment sigma -> well_formed n k t ->
  violated sigma t = 0%nat -> 1 - eta ^ 3 <= star n k eta sigma t).
Proof.
  intros says.
  assert (none : violated all_true satisfied_term = 0%nat).
  { simpl. destruct Rlt_dec as [less|]; [exfalso; unfold all_true in less; lra|reflexivity]. }
  specialize (says 1%nat 1%nat (1 / 4) all_true satisfied_term ltac:(lia) ltac:(lra)
                true_assignment (example true) none).
  rewrite (satisfied 1 1 (1 / 4) all_true) in says
    by (lia || lra || apply true_assignment || apply example || exact none).
  revert says. unfold q1, p0; simpl. lra.
Qed.
