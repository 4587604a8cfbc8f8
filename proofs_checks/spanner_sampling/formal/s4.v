(* S4: the divergence between two tilts of one base policy.

   For every finite list of responses, base policy (masses may be zero), scores [f], [g] and [beta > 0]:
   with [pi_f] proportional to [base e^(f/beta)], [pi_g] to [base e^(g/beta)] and [D = (g - f)/beta],
   [KL(pi_f || pi_g) = ln E_(pi_f) e^D - E_(pi_f) D]. *)

From Coq Require Import Reals Lra List.
From ExploreTheory Require Import Sums Laws Tilts.
Import ListNotations.
Open Scope R_scope.

(** * Definitions *)

(* [tilt] and [difference] are in [Tilts.v]: [tilt Y base f beta] is the policy [pi_f], [difference f g beta]
   is [D]. *)

Definition right_hand_side {A} (Y : list A) (base f g : A -> R) (beta : R) : R :=
  ln (mean Y (tilt Y base f beta) (fun y => exp (difference f g beta y)))
  - mean Y (tilt Y base f beta) (difference f g beta).

(** * The theorem *)

Theorem tilt_divergence {A} (Y : list A) (base f g : A -> R) (beta : R) :
  0 < beta -> is_law Y base ->
  kl Y (tilt Y base f beta) (tilt Y base g beta)
  = ln (mean Y (tilt Y base f beta) (fun y => exp (difference f g beta y)))
    - mean Y (tilt Y base f beta) (difference f g beta).
Proof. intros Hb law. apply kl_of_tilts; assumption. Qed.

(** * False variants *)

(* Two responses of mass 1/4 and 3/4, [f = (0, 0)], [g = (0, ln 9)], [beta = 1]: [E e^D = 7]. *)
Definition both : list bool := [false; true].
Definition quarters : bool -> R := fun b => if b then 3 / 4 else 1 / 4.
Definition flat : bool -> R := fun _ => 0.
Definition lifted : bool -> R := fun b => if b then ln 9 else 0.

Lemma quarters_law : is_law both quarters.
Proof. split; [intros [|] _|]; unfold quarters, both; simpl; lra. Qed.

Lemma flat_tilt b : tilt both quarters flat 1 b = quarters b.
Proof.
  unfold tilt, optimal, partition, mean, flat, both, quarters. simpl.
  replace (0 / 1) with 0 by field. rewrite exp_0. destruct b; field.
Qed.

Lemma lifted_tilt b : tilt both quarters lifted 1 b = if b then 27 / 28 else 1 / 28.
Proof.
  unfold tilt, optimal, partition, mean, lifted, both, quarters. simpl.
  destruct b; replace (0 / 1) with 0 by field; replace (ln 9 / 1) with (ln 9) by field;
    rewrite exp_0, exp_ln by lra; field.
Qed.

Lemma ln_9 : ln 9 = 2 * ln 3.
Proof. replace 9 with (3 * 3) by lra. rewrite ln_mult; lra. Qed.

(* [KL(pi_f || pi_g) = ln 7 - (3/2) ln 3] *)
Lemma forward : kl both (tilt both quarters flat 1) (tilt both quarters lifted 1) = ln 7 - 3 / 2 * ln 3.
Proof.
  rewrite tilt_divergence by (first [lra | apply quarters_law]).
  unfold mean, both. simpl. rewrite !flat_tilt. unfold quarters, difference, flat, lifted.
  replace ((0 - 0) / 1) with 0 by field. replace ((ln 9 - 0) / 1) with (ln 9) by field.
  rewrite exp_0, exp_ln, ln_9 by lra.
  replace (1 / 4 * 1 + (3 / 4 * 9 + 0)) with 7 by field. field.
Qed.

(* The other way it is [(27/14) ln 3 - ln 7], and 7^7 is not 3^12. *)
Theorem reversed_divergence_is_false : ~ (forall (Y : list bool) base f g beta, 0 < beta -> is_law Y base ->
  kl Y (tilt Y base g beta) (tilt Y base f beta) = right_hand_side Y base f g beta).
Proof.
  intros H. specialize (H both quarters flat lifted 1 ltac:(lra) quarters_law).
  unfold right_hand_side in H. rewrite <- tilt_divergence, forward in H by (first [lra | apply quarters_law]).
  unfold kl, both in H. simpl in H. rewrite !flat_tilt, !lifted_tilt in H. unfold quarters in H.
  replace (1 / 28 / (1 / 4)) with (/ 7) in H by field.
  replace (27 / 28 / (3 / 4)) with (9 / 7) in H by field.
  rewrite ln_quotient, ln_Rinv, ln_9 in H by lra.
  assert (powers : ln (7 ^ 7) = ln (3 ^ 12)) by (rewrite !ln_pow by lra; simpl; lra).
  apply ln_inv in powers; simpl in *; lra.
Qed.

(* With [D = (f - g)/beta] it would be [(ln 3)/2], and 7 is not 9. *)
Theorem sign_of_the_exponent_is_false : ~ (forall (Y : list bool) base f g beta, 0 < beta -> is_law Y base ->
  kl Y (tilt Y base f beta) (tilt Y base g beta)
  = ln (mean Y (tilt Y base f beta) (fun y => exp (difference g f beta y)))
    - mean Y (tilt Y base f beta) (difference g f beta)).
Proof.
  intros H. specialize (H both quarters flat lifted 1 ltac:(lra) quarters_law). rewrite forward in H.
  unfold mean, both in H. simpl in H. rewrite !flat_tilt in H. unfold quarters, difference, flat, lifted in H.
  replace ((0 - 0) / 1) with 0 in H by field. replace ((0 - ln 9) / 1) with (- ln 9) in H by field.
  rewrite exp_0, exp_Ropp, exp_ln in H by lra.
  replace (1 / 4 * 1 + (3 / 4 * / 9 + 0)) with (/ 3) in H by field. rewrite ln_Rinv, ln_9 in H by lra.
  assert (sevens : ln 7 = ln 9) by (rewrite ln_9; lra). apply ln_inv in sevens; lra.
Qed.

(* [ln E e^D] alone is [ln 7], and the mean of [D] is not zero. *)
Theorem mean_forgotten_is_false : ~ (forall (Y : list bool) base f g beta, 0 < beta -> is_law Y base ->
  kl Y (tilt Y base f beta) (tilt Y base g beta)
  = ln (mean Y (tilt Y base f beta) (fun y => exp (difference f g beta y)))).
Proof.
  intros H. specialize (H both quarters flat lifted 1 ltac:(lra) quarters_law).
  rewrite tilt_divergence in H by (first [lra | apply quarters_law]).
  assert (zero : mean both (tilt both quarters flat 1) (difference flat lifted 1) = 0) by lra.
  unfold mean, both in zero. simpl in zero. rewrite !flat_tilt in zero.
  unfold quarters, difference, flat, lifted in zero.
  assert (0 < ln 9) by (rewrite <- ln_1; apply ln_increasing; lra). lra.
Qed.
