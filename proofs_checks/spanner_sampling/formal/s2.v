(* S2: each accepted pair multiplies the determinant, so only so many are accepted.

   For every dimension [d >= 1], ridge [lambda > 0], threshold [nu] and list of [n] vectors with
   [|phi_t| <= L] and [|phi_t|] in [Sigma_t^{-1}] above [nu]: each multiplies [det Sigma] by
   [1 + |phi_t|^2 > 1 + nu^2], and [n ln (1 + nu^2) <= d ln (1 + n L^2/(d lambda))]. *)

From Coq Require Import Reals Lra Lia.
From ExploreTheory Require Import Matrices Numbers.
From ExploreTheory Require Sums.
Open Scope R_scope.

(** * Definitions *)

(* Vector [t] passes the test: its squared norm in the inverse [W] of [Sigma_t] is above [nu^2]. *)
Definition passes (d : nat) (W : matrix) (nu : R) (phi : vector) : Prop :=
  nu * nu < dot d phi (times d W phi).

(* [ln det Sigma_n - ln det (lambda I)] *)
Definition growth (d : nat) (lambda : R) (phi : nat -> vector) (n : nat) : R :=
  ln (det d (Sigma lambda phi n)) - ln (det d (Sigma lambda phi 0)).

(* [d ln (1 + n L^2/(d lambda))] *)
Definition log_volume (d : nat) (lambda : R) (n : nat) (L : R) : R :=
  INR d * ln (1 + INR n * (L * L) / (INR d * lambda)).

(* [N] is the largest number that the inequality allows. *)
Definition most_accepted (d : nat) (lambda nu L : R) (N : nat) : Prop :=
  INR N * ln (1 + nu * nu) <= log_volume d lambda N L
  /\ forall n, INR n * ln (1 + nu * nu) <= log_volume d lambda n L -> (n <= N)%nat.

(** * The factor *)

Theorem factor d A W v : symmetric A -> positive d A -> inverse d A W ->
  det d (grown A 1 v) = det d A * (1 + dot d v (times d W v)).
Proof.
  intros Hs Hp Hw. rewrite det_grown by (first [assumption | lra]).
  rewrite (square_by_inverse d A W v Hs Hp Hw), Rmult_1_l. reflexivity.
Qed.

Lemma factor_above d A W nu v : symmetric A -> positive d A -> inverse d A W -> passes d W nu v ->
  (1 + nu * nu) * det d A < det d (grown A 1 v).
Proof.
  intros Hs Hp Hw H. rewrite (factor d A W v Hs Hp Hw), Rmult_comm.
  apply Rmult_lt_compat_l; [apply det_positive; assumption|]. unfold passes in H. lra.
Qed.

(** * The count *)

Lemma growth_at_least d lambda nu phi W n : 0 < lambda ->
  (forall t, (t < n)%nat -> inverse d (Sigma lambda phi t) (W t)) ->
  (forall t, (t < n)%nat -> passes d (W t) nu (phi t)) ->
  INR n * ln (1 + nu * nu) <= growth d lambda phi n.
Proof.
  intros Hl Hw Hn. unfold growth. rewrite det_start, <- telescope, <- sum_below_constant by assumption.
  apply sum_below_le. intros t Ht. left. apply ln_increasing; [nra|]. apply Rplus_lt_compat_l.
  rewrite <- (square_by_inverse d _ (W t)) by
    (first [apply Sigma_symmetric | apply Sigma_positive; assumption | auto]).
  apply Hn. assumption.
Qed.

Theorem acceptances (d n : nat) (lambda nu L : R) (phi : nat -> vector) (W : nat -> matrix) :
  (0 < d)%nat -> 0 < lambda ->
  (forall t, (t < n)%nat -> dot d (phi t) (phi t) <= L * L) ->
  (forall t, (t < n)%nat -> inverse d (Sigma lambda phi t) (W t)) ->
  (forall t, (t < n)%nat -> passes d (W t) nu (phi t)) ->
  (forall t, (t < n)%nat ->
    (1 + nu * nu) * det d (Sigma lambda phi t) < det d (Sigma lambda phi (S t)))
  /\ growth d lambda phi n <= log_volume d lambda n L
  /\ INR n * ln (1 + nu * nu) <= log_volume d lambda n L
  /\ forall N, most_accepted d lambda nu L N -> (n <= N)%nat.
Proof.
  intros Hd Hl Hphi Hw Hn.
  assert (Hgrowth : growth d lambda phi n <= log_volume d lambda n L).
  { unfold growth. rewrite det_start by assumption. apply ln_det_growth; assumption. }
  assert (Hcount : INR n * ln (1 + nu * nu) <= log_volume d lambda n L).
  { apply Rle_trans with (growth d lambda phi n); [|exact Hgrowth].
    apply growth_at_least with W; assumption. }
  split; [|split; [exact Hgrowth | split; [exact Hcount|]]].
  - intros t Ht. rewrite Sigma_next. apply factor_above with (W t); auto.
    + apply Sigma_symmetric.
    + apply Sigma_positive. assumption.
  - intros N [_ HN]. apply HN. exact Hcount.
Qed.

(** * False variants *)

(* [lambda = 1] and one vector 1 in one dimension: the determinant doubles, where the square would be 4. *)
Theorem squared_factor_is_false : ~ (forall d A W v, symmetric A -> positive d A -> inverse d A W ->
  det d (grown A 1 v) = det d A * (1 + dot d v (times d W v)) * (1 + dot d v (times d W v))).
Proof.
  intros H. specialize (H 1%nat identity identity (fun _ => 1)).
  assert (Hs : symmetric identity) by (intros i j; unfold identity; rewrite PeanoNat.Nat.eqb_sym; reflexivity).
  assert (Hi : inverse 1 identity identity).
  { intros i j Hi Hj. replace i with O by lia. replace j with O by lia. unfold identity. simpl. ring. }
  specialize (H Hs ltac:(simpl; unfold identity; simpl; lra) Hi).
  unfold det, grown, dot, times, identity in H. simpl in H. lra.
Qed.

(* One unit vector along each axis, [lambda = 1], [nu^2 = .99], [L = 1], in four dimensions: four pass, and
   [4 ln 1.99 <= ln 5] is false. *)
Definition axes : nat -> vector := fun t i => if Nat.eqb i t then 1 else 0.

Theorem dimension_dropped_is_false : ~ (forall d n lambda nu L phi, (0 < d)%nat -> 0 < lambda ->
  (forall t, (t < n)%nat -> dot d (phi t) (phi t) <= L * L) ->
  (forall t, (t < n)%nat -> nu * nu < square d (Sigma lambda phi t) (phi t)) ->
  INR n * ln (1 + nu * nu) <= ln (1 + INR n * (L * L) / lambda)).
Proof.
  intros H. specialize (H 4%nat 4%nat 1 (9 / 10) 1 axes ltac:(lia) ltac:(lra)).
  assert (Hlength : forall t, (t < 4)%nat -> dot 4 (axes t) (axes t) <= 1 * 1).
  { intros t Ht. do 4 (destruct t as [|t]; [unfold dot, axes; simpl; lra|]). lia. }
  assert (Hpass : forall t, (t < 4)%nat -> 9 / 10 * (9 / 10) < square 4 (Sigma 1 axes t) (axes t)).
  { intros t Ht. unfold axes, Sigma, square, reduced, schur, identity.
    do 4 (destruct t as [|t]; [simpl; lra|]). lia. }
  specialize (H Hlength Hpass).
  assert (H5 : 1 + INR 4 * (1 * 1) / 1 = 5) by (simpl; field). rewrite H5 in H.
  replace (INR 4) with 4 in H by (simpl; ring).
  assert (H2 : 1 / 2 <= ln (1 + 9 / 10 * (9 / 10))) by (apply (ln_at_least_by 4); simpl; lra).
  assert (H3 : ln 5 <= 1 + 7 / 10).
  { replace 5 with (2 * (5 / 2)) by lra. rewrite ln_mult by lra. assert (H4 := ln_2_below).
    assert (ln (5 / 2) <= 1) by (apply (ln_at_most_by 4); simpl; lra). lra. }
  lra.
Qed.
