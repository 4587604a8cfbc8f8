(* Tilts of one base policy, and policies whose score is used on a set of responses only. *)

From Coq Require Import Reals Lra List.
From ExploreTheory Require Import Sums Laws.
Import ListNotations.
Open Scope R_scope.

(* --- definitions ------------------------------------------------------------------------------------- *)

Section Definitions.
Context {A : Type}.
Implicit Types (Y : list A) (base p f g r h : A -> R) (inside : A -> bool).

(* [base e^(f/beta)], normalised: the same policy as [optimal], for a score that need not be the reward. *)
Definition tilt Y base f (beta : R) : A -> R := optimal Y base f beta.

(* [D = (g - f)/beta] *)
Definition difference f g (beta : R) : A -> R := fun y => (g y - f y) / beta.

(* One on the set [inside] and zero elsewhere, and the reverse. *)
Definition on inside : A -> R := fun y => if inside y then 1 else 0.
Definition off inside : A -> R := fun y => if inside y then 0 else 1.

(* What a law gives to the set, and to the rest. *)
Definition mass_on Y p inside : R := mean Y p (on inside).
Definition mass_off Y p inside : R := mean Y p (off inside).

(* The score [h] where it is used, zero elsewhere. *)
Definition truncated h inside : A -> R := fun y => if inside y then h y else 0.

(* Rewards relative to those of a comparison response. *)
Definition relative r (y' : A) : A -> R := fun y => r y - r y'.

End Definitions.

(* --- one score against another ---------------------------------------------------------------------- *)

Section Tilts.
Context {A : Type}.
Implicit Types (Y : list A) (base p f g r h : A -> R) (inside : A -> bool).

Lemma tilt_law Y base f beta : is_law Y base -> is_law Y (tilt Y base f beta).
Proof. apply optimal_law. Qed.

Lemma mean_plus Y p f g : mean Y p (fun y => f y + g y) = mean Y p f + mean Y p g.
Proof. unfold mean. rewrite <- sum_plus. apply sum_ext. intros; ring. Qed.

Lemma mean_scale Y p c f : mean Y p (fun y => c * f y) = c * mean Y p f.
Proof. unfold mean. rewrite <- sum_scale. apply sum_ext. intros; ring. Qed.

Lemma mean_le Y p f g : nonnegative Y p -> (forall y, In y Y -> f y <= g y) -> mean Y p f <= mean Y p g.
Proof. intros hp below. apply sum_le. intros y there. apply Rmult_le_compat_l; auto. Qed.

Lemma on_and_off Y p inside : mass_on Y p inside + mass_off Y p inside = sum Y p.
Proof.
  unfold mass_on, mass_off. rewrite <- mean_plus. unfold mean. apply sum_ext. intros y _.
  unfold on, off. destruct (inside y); ring.
Qed.

Lemma mass_off_nonneg Y p inside : nonnegative Y p -> 0 <= mass_off Y p inside.
Proof. intros hp. apply sum_nonneg. intros y there. unfold off. specialize (hp y there). destruct (inside y); lra. Qed.

(* Weights of one tilt by the other's: [E_(pi_f) (e^D u) = (Z_g/Z_f) E_(pi_g) u]. *)
Lemma mean_of_weights Y base f g beta u : 0 < beta -> is_law Y base ->
  mean Y (tilt Y base f beta) (fun y => exp (difference f g beta y) * u y)
  = partition Y base g beta / partition Y base f beta * mean Y (tilt Y base g beta) u.
Proof.
  intros hbeta law.
  pose proof (partition_pos Y base f beta law). pose proof (partition_pos Y base g beta law).
  unfold mean. rewrite <- sum_scale. apply sum_ext. intros y _. unfold tilt, optimal, difference.
  replace (g y / beta) with (f y / beta + (g y - f y) / beta) by (field; lra).
  rewrite exp_plus. field. split; lra.
Qed.

Lemma mean_of_exponential Y base f g beta : 0 < beta -> is_law Y base ->
  mean Y (tilt Y base f beta) (fun y => exp (difference f g beta y))
  = partition Y base g beta / partition Y base f beta.
Proof.
  intros hbeta law. pose proof (mean_of_weights Y base f g beta (fun _ => 1) hbeta law) as H.
  assert (one : mean Y (tilt Y base g beta) (fun _ => 1) = 1).
  { transitivity (sum Y (tilt Y base g beta)); [|apply tilt_law, law].
    unfold mean. apply sum_ext. intros; ring. }
  rewrite one, Rmult_1_r in H. rewrite <- H. unfold mean. apply sum_ext. intros; ring.
Qed.

Theorem kl_of_tilts Y base f g beta : 0 < beta -> is_law Y base ->
  kl Y (tilt Y base f beta) (tilt Y base g beta)
  = ln (mean Y (tilt Y base f beta) (fun y => exp (difference f g beta y)))
    - mean Y (tilt Y base f beta) (difference f g beta).
Proof.
  intros hbeta law.
  pose proof (partition_pos Y base f beta law) as hf. pose proof (partition_pos Y base g beta law) as hg.
  rewrite mean_of_exponential by assumption.
  pose proof (proj2 (tilt_law Y base f beta law)) as one.
  set (c := ln (partition Y base g beta / partition Y base f beta)).
  replace c with (c * sum Y (tilt Y base f beta)) by (rewrite one; ring).
  unfold kl, mean. rewrite <- sum_scale, <- sum_minus. apply sum_ext. intros y there.
  destruct (proj1 law y there) as [here|zero].
  - pose proof (exp_pos (f y / beta)). pose proof (exp_pos (g y / beta)).
    assert (positive : forall h, 0 < partition Y base h beta -> 0 < tilt Y base h beta y).
    { intros h hh. unfold tilt, optimal. apply Rdiv_lt_0_compat; [|exact hh].
      apply Rmult_lt_0_compat; [exact here|apply exp_pos]. }
    replace (ln (tilt Y base f beta y / tilt Y base g beta y)) with (c - difference f g beta y); [ring|].
    unfold c, difference. rewrite !ln_quotient by auto. unfold tilt, optimal.
    rewrite !ln_quotient by (first [apply Rmult_lt_0_compat; [exact here|apply exp_pos] | assumption]).
    rewrite !ln_mult, !ln_exp by (first [assumption | apply exp_pos]). field. lra.
  - unfold tilt, optimal. rewrite <- zero. unfold Rdiv. ring.
Qed.

(* A constant added to a score changes no policy. *)
Lemma tilt_relative Y base r beta y' y : 0 < beta -> is_law Y base ->
  tilt Y base (relative r y') beta y = tilt Y base r beta y.
Proof.
  intros hbeta law.
  pose proof (partition_pos Y base r beta law) as hr.
  assert (weight : forall z, exp (relative r y' z / beta) = exp (- (r y' / beta)) * exp (r z / beta)).
  { intros z. rewrite <- exp_plus. f_equal. unfold relative. field. lra. }
  assert (partition Y base (relative r y') beta = exp (- (r y' / beta)) * partition Y base r beta).
  { unfold partition, mean. rewrite <- sum_scale. apply sum_ext. intros z _. rewrite weight. ring. }
  pose proof (exp_pos (- (r y' / beta))).
  unfold tilt, optimal. rewrite H, weight. field. split; lra.
Qed.

End Tilts.
