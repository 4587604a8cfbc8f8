(* LN1: the divergence of two truncated softmax policies is of second order, over beta squared.

   For every finite list of actions, base policy (masses may be zero), dimension, positive definite [S],
   features, parameters, [nu >= 0] and [beta > 0]: with features set to zero where they are longer than [nu] in
   the inverse of [S], if [nu |theta' - theta|_S <= beta], then
   [KL(pi || pi') <= (e - 2)/beta^2 E_pi |phi|^2 |theta' - theta|_S^2]. *)

From Coq Require Import Reals Lra List.
From ExploreTheory Require Import Sums Laws Tilts Curves Matrices Norms Numbers.
Import ListNotations.
Open Scope R_scope.

(** * Definitions *)

Section Statement.
Context {A : Type}.
Implicit Types (Y : list A) (base : A -> R) (phi : A -> vector).

(* Features that are short enough; zero in place of the others. [square] is the squared norm in [S^{-1}]. *)
Definition cut (d : nat) (S : matrix) (nu : R) phi : A -> vector :=
  fun a i => if Rle_dec (square d S (phi a)) (nu * nu) then phi a i else 0.

(* [<theta, phi>] and the policy that it tilts *)
Definition score (d : nat) (theta : vector) phi : A -> R := fun a => dot d theta (phi a).
Definition policy Y base (d : nat) (theta : vector) phi (beta : R) : A -> R :=
  tilt Y base (score d theta phi) beta.

(* [|theta' - theta|_S^2] *)
Definition distance (d : nat) (S : matrix) (theta other : vector) : R := form d S (fun i => other i - theta i).

(* [KL(pi || pi')] *)
Definition divergence Y base d S nu phi theta other beta : R :=
  kl Y (policy Y base d theta (cut d S nu phi) beta) (policy Y base d other (cut d S nu phi) beta).

(* [E_pi |phi|^2] *)
Definition mean_square Y base d S nu phi theta beta : R :=
  mean Y (policy Y base d theta (cut d S nu phi) beta) (fun a => square d S (cut d S nu phi a)).

End Statement.

(** * The proof *)

Section Proof.
Context {A : Type}.
Variables (Y : list A) (base : A -> R) (d : nat) (S : matrix) (nu beta : R) (phi : A -> vector).
Variables theta other : vector.
Hypothesis hbeta : 0 < beta.
Hypothesis law : is_law Y base.
Hypothesis symmetry : symmetric S.
Hypothesis definite : positive d S.
Hypothesis hnu : 0 <= nu.
Hypothesis near : nu * sqrt (distance d S theta other) <= beta.

Let psi := cut d S nu phi.
Let D := difference (score d theta psi) (score d other psi) beta.
Let pi := policy Y base d theta psi beta.

Lemma square_of_zero n T : square n T (fun _ => 0) = 0.
Proof.
  revert T; induction n as [|n IH]; intros T; [reflexivity|]. simpl.
  replace (reduced T (fun _ => 0)) with (fun _ : nat => 0); [rewrite IH; unfold Rdiv; ring|].
  apply FunctionalExtensionality.functional_extensionality. intros i. unfold reduced, Rdiv. ring.
Qed.

Lemma short a : square d S (psi a) <= nu * nu.
Proof.
  unfold psi, cut. destruct (Rle_dec (square d S (phi a)) (nu * nu)) as [le|gt]; [exact le|].
  change (fun i => 0) with (fun _ : nat => 0). rewrite square_of_zero. nra.
Qed.

Lemma distance_nonneg : 0 <= distance d S theta other.
Proof. apply form_nonneg; assumption. Qed.

(* [D^2 <= |phi|^2 |theta' - theta|^2/beta^2], by Cauchy and Schwarz. *)
Lemma error_square a : D a * D a <= square d S (psi a) * distance d S theta other / (beta * beta).
Proof.
  assert (D a = dot d (fun i => other i - theta i) (psi a) / beta) as ->.
  { unfold D, difference, score. rewrite !(dot_comm d _ (psi a)).
    replace (dot d (psi a) (fun i => other i - theta i)) with (dot d (psi a) other - dot d (psi a) theta); [reflexivity|].
    unfold dot. replace (- sum_below d (fun i => psi a i * theta i))
      with (-1 * sum_below d (fun i => psi a i * theta i)) by ring.
    unfold Rminus. replace (- sum_below d (fun i => psi a i * theta i))
      with (-1 * sum_below d (fun i => psi a i * theta i)) by ring.
    rewrite <- sum_below_scale, <- sum_below_plus. apply sum_below_ext. intros; ring. }
  pose proof (cauchy_schwarz d S (fun i => other i - theta i) (psi a) symmetry definite) as H.
  fold (distance d S theta other) in H.
  unfold Rdiv. rewrite Rinv_mult.
  set (x := dot d (fun i => other i - theta i) (psi a)) in *.
  replace (x * / beta * (x * / beta)) with (x * x * (/ beta * / beta)) by ring.
  apply Rmult_le_compat_r; [|lra]. pose proof (Rinv_0_lt_compat beta hbeta). nra.
Qed.

Lemma error_at_most_one a : D a <= 1.
Proof.
  assert (D a * D a <= 1); [|nra]. eapply Rle_trans; [apply error_square|].
  pose proof distance_nonneg as hd. pose proof (sqrt_pos (distance d S theta other)) as hs.
  pose proof (sqrt_sqrt _ hd) as root. pose proof (short a).
  apply (Rmult_le_reg_r (beta * beta)); [nra|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by nra.
  apply Rle_trans with (nu * nu * distance d S theta other); [nra|]. rewrite <- root.
  replace (nu * nu * (sqrt (distance d S theta other) * sqrt (distance d S theta other)))
    with (nu * sqrt (distance d S theta other) * (nu * sqrt (distance d S theta other))) by ring.
  assert (0 <= nu * sqrt (distance d S theta other)) by nra. nra.
Qed.

Lemma divergence_at_most :
  divergence Y base d S nu phi theta other beta
  <= (exp 1 - 2) / (beta * beta) * mean_square Y base d S nu phi theta beta * distance d S theta other.
Proof.
  pose proof (tilt_law Y base (score d theta psi) beta law) as [hp one].
  assert (is_kl : divergence Y base d S nu phi theta other beta
    = ln (mean Y pi (fun a => exp (D a))) - mean Y pi D) by (apply kl_of_tilts; assumption).
  assert (positive : 0 < mean Y pi (fun a => exp (D a))).
  { unfold D, pi, policy. rewrite mean_of_exponential by assumption.
    apply Rdiv_lt_0_compat; apply partition_pos; exact law. }
  pose proof (ln_at_most _ positive) as tangent.
  pose proof exp_1_below_3 as below. pose proof (exp_second_order 1 ltac:(lra)) as above.
  assert (quadratic : mean Y pi (fun a => exp (D a))
    <= 1 + mean Y pi D + (exp 1 - 2) / (beta * beta) * mean_square Y base d S nu phi theta beta
      * distance d S theta other).
  { rewrite <- one at 1. unfold mean_square. fold psi pi.
    replace ((exp 1 - 2) / (beta * beta) * mean Y pi (fun a => square d S (psi a)) * distance d S theta other)
      with ((exp 1 - 2) / (beta * beta) * distance d S theta other * mean Y pi (fun a => square d S (psi a)))
      by ring.
    replace (sum Y (tilt Y base (score d theta psi) beta)) with (mean Y pi (fun _ => 1))
      by (unfold mean; apply sum_ext; intros; unfold pi, policy; ring).
    rewrite <- mean_scale, <- !mean_plus. apply mean_le; [exact hp|]. intros a _.
    pose proof (exp_quadratic (exp 1 - 2) 1 (D a) ltac:(lra) ltac:(lra) ltac:(lra) (error_at_most_one a)).
    pose proof (error_square a) as H1.
    replace ((exp 1 - 2) / (beta * beta) * distance d S theta other * square d S (psi a))
      with ((exp 1 - 2) * (square d S (psi a) * distance d S theta other / (beta * beta))) by (field; lra).
    assert ((exp 1 - 2) * (D a * D a)
      <= (exp 1 - 2) * (square d S (psi a) * distance d S theta other / (beta * beta)))
      by (apply Rmult_le_compat_l; lra). lra. }
  rewrite is_kl. lra.
Qed.

End Proof.

Theorem truncated_policies {A} (Y : list A) base d S nu beta phi theta other :
  0 < beta -> is_law Y base -> symmetric S -> positive d S -> 0 <= nu ->
  nu * sqrt (distance d S theta other) <= beta ->
  divergence Y base d S nu phi theta other beta
  <= (exp 1 - 2) / (beta * beta) * mean_square Y base d S nu phi theta beta * distance d S theta other.
Proof. intros. apply divergence_at_most; assumption. Qed.

(** * The printed form *)

(* Lemma N.1 as printed has [1/beta] in place of [(e - 2)/beta^2]. Two actions of base mass 1/2, features 0
   and 1, [S = nu = 1], [theta = 0], [theta' = beta = 1/10]: [KL = ln ((1 + e)/2) - 1/2 = .12], and the right
   side is [10 (1/2) (1/100) = .05]. *)
Definition coin : list bool := [false; true].
Definition fair : bool -> R := fun _ => 1 / 2.
Definition feature : bool -> vector := fun b _ => if b then 1 else 0.

Lemma feature_cut b : cut 1 identity 1 feature b = feature b.
Proof.
  apply FunctionalExtensionality.functional_extensionality. intros i. unfold cut.
  destruct Rle_dec as [le|gt]; [reflexivity|]. exfalso. apply gt.
  destruct b; unfold square, reduced, schur, identity, feature; simpl; lra.
Qed.

Lemma fair_policy b : policy coin fair 1 (fun _ => 0) (cut 1 identity 1 feature) (1 / 10) b = 1 / 2.
Proof.
  assert (flat : forall c, score 1 (fun _ => 0) (cut 1 identity 1 feature) c / (1 / 10) = 0).
  { intros c. unfold score, dot. simpl. field. }
  unfold policy, tilt, optimal, partition, mean, coin, fair. simpl. rewrite !flat, exp_0. field.
Qed.

Theorem as_printed_is_false : ~ (forall (Y : list bool) base d S nu beta phi theta other,
  0 < beta -> is_law Y base -> symmetric S -> positive d S -> 0 <= nu ->
  nu * sqrt (distance d S theta other) <= beta ->
  divergence Y base d S nu phi theta other beta
  <= 1 / beta * mean_square Y base d S nu phi theta beta * distance d S theta other).
Proof.
  intros H.
  assert (law : is_law coin fair) by (split; [intros y _|]; unfold fair, coin; simpl; lra).
  assert (hs : symmetric identity) by (intros i j; unfold identity; rewrite PeanoNat.Nat.eqb_sym; reflexivity).
  assert (hd : distance 1 identity (fun _ => 0) (fun _ => 1 / 10) = 1 / 10 * (1 / 10)).
  { unfold distance, form, dot, times, identity. simpl. field. }
  specialize (H coin fair 1%nat identity 1 (1 / 10) feature (fun _ => 0) (fun _ => 1 / 10)
    ltac:(lra) law hs ltac:(simpl; unfold identity; simpl; lra) ltac:(lra)).
  rewrite hd in H. rewrite sqrt_square in H by lra. specialize (H ltac:(lra)).
  unfold divergence, policy in H. rewrite kl_of_tilts in H by (first [lra | exact law]).
  unfold mean_square, mean in H. fold (policy coin fair 1 (fun _ => 0) (cut 1 identity 1 feature) (1 / 10)) in H.
  unfold coin at 1 3 5 in H. simpl sum in H.
  rewrite !fair_policy in H. unfold difference, score, dot in H. simpl in H. rewrite !feature_cut in H.
  unfold feature, square, identity in H. simpl in H.
  replace ((1 / 10 * 0 + 0 - (0 * 0 + 0)) / (1 / 10)) with 0 in H by field.
  replace ((1 / 10 * 1 + 0 - (0 * 1 + 0)) / (1 / 10)) with 1 in H by field.
  rewrite exp_0 in H.
  pose proof (exp_from_below 3 1 ltac:(simpl; lra)) as low. simpl in low.
  assert (1 / 2 + 6 / 100 <= ln (1 / 2 * 1 + (1 / 2 * exp 1 + 0))).
  { apply Rle_trans with (ln (178 / 100)); [apply (ln_at_least_by 5); simpl; lra|].
    left. apply ln_increasing; lra. }
  lra.
Qed.

Theorem beta_once_is_false : ~ (forall (Y : list bool) base d S nu beta phi theta other,
  0 < beta -> is_law Y base -> symmetric S -> positive d S -> 0 <= nu ->
  nu * sqrt (distance d S theta other) <= beta ->
  divergence Y base d S nu phi theta other beta
  <= (exp 1 - 2) / beta * mean_square Y base d S nu phi theta beta * distance d S theta other).
Proof.
  intros H. apply as_printed_is_false. intros Y base d S nu beta phi theta other hb law hs hp hn near.
  eapply Rle_trans; [apply (H Y base d S nu beta phi theta other); assumption|].
  pose proof exp_1_below_3. pose proof (Rinv_0_lt_compat beta hb).
  apply Rmult_le_compat_r; [apply form_nonneg; assumption|].
  apply Rmult_le_compat_r; [|unfold Rdiv; nra].
  apply sum_nonneg. intros a there. apply Rmult_le_pos; [apply (proj1 (tilt_law Y base _ beta law) a there)|].
  apply square_nonneg. assumption.
Qed.
