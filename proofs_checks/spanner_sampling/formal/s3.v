(* S3: the elliptical potential.

   For every dimension [d >= 1], every number [T] of vectors with [|phi_t| <= L] and every ridge [lambda > 0],
   [sum_{t < T} min(1, |phi_t|^2 in Sigma_t^{-1}) <= 2 d ln (1 + T L^2 / (d lambda))],
   [Sigma_t = lambda I + sum_{s < t} phi_s phi_s^T]. *)

From Coq Require Import Reals Lra Lia.
From ExploreTheory Require Import Matrices Numbers.
From ExploreTheory Require Sums.
Open Scope R_scope.

(** * Definitions *)

(* [sum_{t < T} min(1, |phi_t|^2)], each norm in the inverse of the matrix before its vector is added; what
   elimination computes. *)
Definition potential (d : nat) (lambda : R) (phi : nat -> vector) (T : nat) : R :=
  sum_below T (fun t => Rmin 1 (square d (Sigma lambda phi t) (phi t))).

(* [2 d ln (1 + T L^2/(d lambda))] *)
Definition allowed (d : nat) (lambda : R) (T : nat) (L : R) : R :=
  2 * INR d * ln (1 + INR T * (L * L) / (INR d * lambda)).

(** * One term *)

(* The tangent of [ln] at [1 + x], seen from 1. *)
Lemma ln_above x : 0 <= x -> x / (1 + x) <= ln (1 + x).
Proof.
  intros Hx. assert (H := ln_tangent (/ (1 + x)) 1 ltac:(apply Rinv_0_lt_compat; lra) ltac:(lra)).
  rewrite ln_Rinv in H by lra. rewrite ln_1 in H.
  replace (/ (1 + x) / 1) with (1 - x / (1 + x)) in H by (field; lra). lra.
Qed.

Lemma term x : 0 <= x -> Rmin 1 x <= 2 * ln (1 + x).
Proof.
  intros Hx. unfold Rmin. destruct (Rle_dec 1 x) as [H|H].
  - assert (H1 := ln_above 1 ltac:(lra)).
    assert (H2 : ln (1 + 1) <= ln (1 + x)) by (destruct H; [left; apply ln_increasing; lra | subst; lra]).
    lra.
  - apply Rle_trans with (2 * (x / (1 + x))); [|assert (H1 := ln_above x Hx); lra].
    replace (2 * (x / (1 + x))) with (x + x * (1 - x) / (1 + x)) by (field; lra).
    assert (0 <= x * (1 - x) / (1 + x)); [|lra].
    apply Rmult_le_pos; [nra|]. left. apply Rinv_0_lt_compat. lra.
Qed.

(** * The sum *)

Lemma potential_le d lambda phi T L : (0 < d)%nat -> 0 < lambda ->
  (forall t, (t < T)%nat -> dot d (phi t) (phi t) <= L * L) ->
  potential d lambda phi T <= allowed d lambda T L.
Proof.
  intros Hd Hl Hphi. unfold potential, allowed.
  apply Rle_trans with (2 * sum_below T (fun t => ln (1 + square d (Sigma lambda phi t) (phi t)))).
  - rewrite <- sum_below_scale. apply sum_below_le. intros t _. apply term.
    apply square_nonneg, Sigma_positive. assumption.
  - rewrite telescope by assumption. assert (H := ln_det_growth d lambda phi T L Hd Hl Hphi). nra.
Qed.

(* As claimed: with any inverse [W t] of [Sigma_t]. There is one, by [inverse_exists]. *)
Theorem elliptical_potential (d T : nat) (lambda L : R) (phi : nat -> vector) (W : nat -> matrix) :
  (0 < d)%nat -> 0 < lambda ->
  (forall t, (t < T)%nat -> dot d (phi t) (phi t) <= L * L) ->
  (forall t, (t < T)%nat -> inverse d (Sigma lambda phi t) (W t)) ->
  sum_below T (fun t => Rmin 1 (dot d (phi t) (times d (W t) (phi t))))
  <= 2 * INR d * ln (1 + INR T * (L * L) / (INR d * lambda)).
Proof.
  intros Hd Hl Hphi Hw.
  rewrite (sum_below_ext T _ (fun t => Rmin 1 (square d (Sigma lambda phi t) (phi t)))).
  - apply potential_le; assumption.
  - intros t Ht. f_equal.
    apply square_by_inverse; [apply Sigma_symmetric | apply Sigma_positive; assumption | auto].
Qed.

(** * False variants *)

(* One vector of length one, [lambda = L = 1], without the 2: [1 <= ln 2] is false. *)
Definition one : nat -> vector := fun _ _ => 1.

Theorem constant_one_is_false : ~ (forall d T lambda L phi, (0 < d)%nat -> 0 < lambda ->
  (forall t, (t < T)%nat -> dot d (phi t) (phi t) <= L * L) ->
  potential d lambda phi T <= INR d * ln (1 + INR T * (L * L) / (INR d * lambda))).
Proof.
  intros H. specialize (H 1%nat 1%nat 1 1 one ltac:(lia) ltac:(lra)).
  assert (Hone : forall t, (t < 1)%nat -> dot 1 (one t) (one t) <= 1 * 1)
    by (intros; unfold dot, one; simpl; lra).
  specialize (H Hone).
  replace (potential 1 1 one 1) with 1 in H.
  - simpl in H. replace (1 + 1 * (1 * 1) / (1 * 1)) with 2 in H by field.
    assert (H2 := ln_2_below). lra.
  - unfold potential, one, Sigma, identity. simpl. rewrite Rmin_left by lra. lra.
Qed.

(* The same vector, 1.44 for the 2: [1 <= 1.44 ln 2 = .998] is false, so no constant below [1/ln 2] does. *)
Lemma ln_2_close : ln 2 <= 512 / 738.
Proof.
  apply (ln_at_most_by 9); [lra | simpl; lra |].
  replace (1 + 512 / 738 / 2 ^ 9) with (739 / 738) by (simpl; lra). cbn [squared]. lra.
Qed.

Theorem constant_below_the_best_is_false : ~ (forall x, 0 <= x -> Rmin 1 x <= 144 / 100 * ln (1 + x)).
Proof.
  intros H. specialize (H 1 ltac:(lra)). rewrite Rmin_left in H by lra.
  assert (H2 := ln_2_close). replace (1 + 1) with 2 in H by lra. lra.
Qed.

(* The same with [lambda = 1/100], without the minimum: [100 <= 2 ln 101] is false. *)
Theorem no_minimum_is_false : ~ (forall d T lambda L phi, (0 < d)%nat -> 0 < lambda ->
  (forall t, (t < T)%nat -> dot d (phi t) (phi t) <= L * L) ->
  sum_below T (fun t => square d (Sigma lambda phi t) (phi t)) <= allowed d lambda T L).
Proof.
  intros H. specialize (H 1%nat 1%nat (1 / 100) 1 one ltac:(lia) ltac:(lra)).
  assert (Hone : forall t, (t < 1)%nat -> dot 1 (one t) (one t) <= 1 * 1)
    by (intros; unfold dot, one; simpl; lra).
  specialize (H Hone).
  unfold allowed, Sigma, identity, one in H. simpl in H.
  replace (1 + 1 * (1 * 1) / (1 * (1 / 100))) with 101 in H by field.
  assert (H2 : ln 101 <= 10) by (apply (ln_at_most_by 5); simpl; lra). lra.
Qed.

(* One vector along each of three axes, [lambda = L = 1]: [3 <= 2 ln 4] is false. *)
Definition axes : nat -> vector := fun t i => if Nat.eqb i t then 1 else 0.

Theorem dimension_dropped_is_false : ~ (forall d T lambda L phi, (0 < d)%nat -> 0 < lambda ->
  (forall t, (t < T)%nat -> dot d (phi t) (phi t) <= L * L) ->
  potential d lambda phi T <= 2 * ln (1 + INR T * (L * L) / lambda)).
Proof.
  intros H. specialize (H 3%nat 3%nat 1 1 axes ltac:(lia) ltac:(lra)).
  assert (Haxes : forall t, (t < 3)%nat -> dot 3 (axes t) (axes t) <= 1 * 1).
  { intros t Ht. do 3 (destruct t as [|t]; [unfold dot, axes; simpl; lra|]). lia. }
  specialize (H Haxes).
  assert (Hterm : forall t, (t < 3)%nat -> Rmin 1 (square 3 (Sigma 1 axes t) (axes t)) = 1).
  { intros t Ht. rewrite Rmin_left; [reflexivity|]. unfold axes, Sigma, square, reduced, schur, identity.
    do 3 (destruct t as [|t]; [simpl; lra|]). lia. }
  unfold potential in H. rewrite (sum_below_ext 3 _ (fun _ => 1) Hterm), sum_below_constant in H.
  replace (1 + INR 3 * (1 * 1) / 1) with (2 * 2) in H by (simpl; field).
  rewrite ln_mult in H by lra. simpl in H. assert (H2 := ln_2_below). lra.
Qed.
