(* P2: a softmax policy in the box that does not agree with some literal of a term answers star with probability at
   most eta^2/(1 - p0 + eta^2) <= eta^2; hence P_x(star) <= v + (1 - v) eta^2, v the part of the terms that the
   signs of theta satisfy. For every number of terms, k and n. *)

From Coq Require Import Reals Lra Lia List.
From ExploreTheory Require Import Sums Laws Plantings.
Import ListNotations.
Open Scope R_scope.

(* --- definitions ------------------------------------------------------------------------------------- *)

(* theta' = k^(1/2) theta has its entries in [-1, 1]. *)
Definition in_box (theta' : nat -> R) : Prop := forall v, -1 <= theta' v <= 1.

(* sign(theta) satisfies a term: every literal agrees; zero agrees with neither. *)
Definition satisfied (theta' : nat -> R) (t : term) : bool :=
  forallb (fun l => if Rlt_dec 0 (sign (snd l) * theta' (fst l)) then true else false) t.

(* P_x(star), and the value of sign(theta): averages over the terms. *)
Definition mean_star (n k : nat) (eta : R) (theta' : nat -> R) (terms : list term) : R :=
  sum terms (star n k eta theta') / INR (length terms).
Definition value (theta' : nat -> R) (terms : list term) : R :=
  sum terms (fun t => if satisfied theta' t then 1 else 0) / INR (length terms).

Section Proof.
Variables (n k : nat) (eta : R) (theta' : nat -> R).
Hypothesis some : (0 < k)%nat.
Hypothesis small : 0 < eta < 1.
Hypothesis box : in_box theta'.

Lemma literal_at_most l : sign (snd l) * theta' (fst l) <= 1.
Proof. pose proof (box (fst l)). destruct l as [v [|]]; simpl in *; lra. Qed.

Lemma agreement_at_most t : agreement theta' t <= INR (length t).
Proof.
  unfold agreement. induction t as [|l t IH]; [simpl; lra|].
  change (length (l :: t)) with (S (length t)). rewrite S_INR. simpl. pose proof (literal_at_most l). lra.
Qed.

(* One literal that does not agree costs one of the agreement. *)
Lemma agreement_without t l : In l t -> sign (snd l) * theta' (fst l) <= 0 ->
  agreement theta' t <= INR (length t) - 1.
Proof.
  unfold agreement. induction t as [|l' t IH]; [intros []|].
  change (length (l' :: t)) with (S (length t)). rewrite S_INR. simpl. intros [->|there] not.
  - pose proof (agreement_at_most t) as rest. unfold agreement in rest. lra.
  - specialize (IH there not). pose proof (literal_at_most l'). lra.
Qed.

Lemma weight_at_corner : weight k eta (INR k - INR 1) = eta ^ 2.
Proof.
  assert (0 < eta ^ 2) by (apply pow_lt; lra).
  apply (Rmult_eq_reg_r (eta ^ 2)); [|lra]. rewrite weight_whole by assumption. rewrite <- pow_add. reflexivity.
Qed.

Lemma unlikely t l : well_formed n k t -> In l t -> sign (snd l) * theta' (fst l) <= 0 ->
  star n k eta theta' t <= eta ^ 2 / (1 - p0 k eta + eta ^ 2).
Proof.
  intros well there not. rewrite star_is by assumption. rewrite <- weight_at_corner.
  replace (1 - p0 k eta + weight k eta (INR k - INR 1)) with (weight k eta (INR k - INR 1) + 1 - p0 k eta) by ring.
  apply share_le; try assumption. split; [apply weight_pos; assumption|].
  apply weight_le; try assumption. simpl (INR 1). rewrite <- (proj1 well).
  apply (agreement_without t l); assumption.
Qed.

Lemma square : eta ^ 2 / (1 - p0 k eta + eta ^ 2) <= eta ^ 2.
Proof.
  destruct (p0_range k eta some small) as [[low most] high]. assert (0 < eta ^ 2) by (apply pow_lt; lra).
  apply (Rmult_le_reg_r (1 - p0 k eta + eta ^ 2)); [lra|].
  unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. apply Rmult_le_compat_l; lra.
Qed.

(* One coordinate at zero, the others satisfied in full. *)
Lemma attained t : well_formed n k t -> agreement theta' t = INR k - 1 ->
  star n k eta theta' t = eta ^ 2 / (1 - p0 k eta + eta ^ 2).
Proof.
  intros well corner. rewrite star_is by assumption. rewrite corner.
  change (INR k - 1) with (INR k - INR 1). rewrite weight_at_corner. f_equal. ring.
Qed.

Lemma star_at_most t : well_formed n k t ->
  star n k eta theta' t <= (if satisfied theta' t then 1 else 0) * (1 - eta ^ 2) + eta ^ 2.
Proof.
  intros well. destruct (satisfied theta' t) eqn:which.
  - pose proof (optimal_law answers (base k eta) (score (inner n k theta' t)) (temperature k eta)
                  (base_law k eta some small)) as [nonneg one].
    assert (0 <= optimal answers (base k eta) (score (inner n k theta' t)) (temperature k eta) false).
    { apply nonneg. right; left; reflexivity. }
    unfold answers in one at 1. simpl sum in one. unfold star. lra.
  - rewrite Rmult_0_l, Rplus_0_l.
    assert (exists l, In l t /\ sign (snd l) * theta' (fst l) <= 0) as [l [there not]].
    { clear well. unfold satisfied in which. induction t as [|l t IH]; [discriminate|]. simpl in which.
      destruct (Rlt_dec 0 (sign (snd l) * theta' (fst l))) as [yes|no].
      - destruct (IH which) as [l' [there not]]. exists l'; split; [right; exact there|exact not].
      - exists l; split; [left; reflexivity|lra]. }
    apply (Rle_trans _ _ _ (unlikely t l well there not)), square.
Qed.

Lemma mean_at_most terms : terms <> [] -> (forall t, In t terms -> well_formed n k t) ->
  mean_star n k eta theta' terms <= value theta' terms + (1 - value theta' terms) * eta ^ 2.
Proof.
  intros nonempty well.
  assert (count : 0 < INR (length terms)).
  { apply lt_0_INR. destruct terms; [contradiction|simpl; lia]. }
  assert (total : forall c (l : list term), sum l (fun _ => c) = INR (length l) * c).
  { intros c; induction l as [|a l IH]; [simpl; ring|]. change (length (a :: l)) with (S (length l)).
    rewrite S_INR. simpl. rewrite IH. ring. }
  unfold mean_star, value. set (m := INR (length terms)) in *.
  set (good := sum terms (fun t => if satisfied theta' t then 1 else 0)).
  assert (bound : sum terms (star n k eta theta') <= good * (1 - eta ^ 2) + m * eta ^ 2).
  { unfold good, m. rewrite <- sum_scale_right, <- total, <- sum_plus.
    apply sum_le. intros t it. apply star_at_most, well, it. }
  apply (Rmult_le_reg_r m); [exact count|]. unfold Rdiv at 1. rewrite Rmult_assoc, Rinv_l by lra.
  replace ((good / m + (1 - good / m) * eta ^ 2) * m) with (good * (1 - eta ^ 2) + m * eta ^ 2) by (field; lra).
  lra.
Qed.

End Proof.

(* --- the claim --------------------------------------------------------------------------------------- *)

Theorem p2 (n k : nat) (eta : R) (theta' : nat -> R) (terms : list term) :
  (0 < k)%nat -> 0 < eta <= 1 / 4 -> in_box theta' -> terms <> [] ->
  (forall t, In t terms -> well_formed n k t) ->
  (forall t l, In t terms -> In l t -> sign (snd l) * theta' (fst l) <= 0 ->
    star n k eta theta' t <= eta ^ 2 / (1 - p0 k eta + eta ^ 2) <= eta ^ 2) /\
  (forall t, In t terms -> agreement theta' t = INR k - 1 ->
    star n k eta theta' t = eta ^ 2 / (1 - p0 k eta + eta ^ 2)) /\
  mean_star n k eta theta' terms <= value theta' terms + (1 - value theta' terms) * eta ^ 2.
Proof.
  intros some [low high] box nonempty well. assert (small : 0 < eta < 1) by lra.
  split; [|split].
  - intros t l it il not. split; [apply (unlikely n k eta theta' some small box t l); auto|].
    apply square; assumption.
  - intros t it corner. apply attained; auto.
  - apply mean_at_most; assumption.
Qed.

(* --- false variants, at eta = 1/4 -------------------------------------------------------------------- *)

Definition zero : nat -> R := fun _ => 0.
Definition one : nat -> R := fun _ => 1.

Lemma example : well_formed 1 1 [(0%nat, true)].
Proof. split; [reflexivity|intros l [<-|[]]; simpl; lia]. Qed.

(* eta^3 in place of eta^2: at one literal and theta = 0 star has its base mass eta^2. *)
Theorem not_third_power : ~ (forall n k eta theta' t l, (0 < k)%nat -> 0 < eta <= 1 / 4 -> in_box theta' ->
  well_formed n k t -> In l t -> sign (snd l) * theta' (fst l) <= 0 -> star n k eta theta' t <= eta ^ 3).
Proof.
  intros says.
  specialize (says 1%nat 1%nat (1 / 4) zero [(0%nat, true)] (0%nat, true) ltac:(lia) ltac:(lra)
                ltac:(intros v; unfold zero; lra) example ltac:(left; reflexivity) ltac:(unfold zero; simpl; lra)).
  rewrite (attained 1 1 (1 / 4) zero) in says;
    [|lia|lra|exact example|unfold agreement, zero; simpl; ring].
  revert says. unfold p0; simpl. lra.
Qed.

(* The same for every theta, whether or not it agrees with the term. *)
Theorem not_without_hypothesis : ~ (forall n k eta theta' t, (0 < k)%nat -> 0 < eta <= 1 / 4 -> in_box theta' ->
  well_formed n k t -> star n k eta theta' t <= eta ^ 2).
Proof.
  intros says.
  specialize (says 1%nat 1%nat (1 / 4) one [(0%nat, true)] ltac:(lia) ltac:(lra)
                ltac:(intros v; unfold one; lra) example).
  assert (small : 0 < 1 / 4 < 1) by lra.
  rewrite (star_is 1 1 (1 / 4)) in says by (lia || lra || exact example).
  replace (agreement one [(0%nat, true)]) with (INR 1 - INR 0) in says by (unfold agreement, one; simpl; ring).
  pose proof (weight_whole 1 (1 / 4) (le_n _) small 0) as w.
  assert (sixteen : weight 1 (1 / 4) (INR 1 - INR 0) = 16) by (simpl (_ ^ (4 * 0)) in w; lra).
  rewrite sixteen in says. revert says. unfold p0; simpl. lra.
Qed.

(* P_x(star) <= v. *)
Theorem not_value_alone : ~ (forall n k eta theta' terms, (0 < k)%nat -> 0 < eta <= 1 / 4 -> in_box theta' ->
  terms <> [] -> (forall t, In t terms -> well_formed n k t) ->
  mean_star n k eta theta' terms <= value theta' terms).
Proof.
  intros says.
  specialize (says 1%nat 1%nat (1 / 4) zero [[(0%nat, true)]] ltac:(lia) ltac:(lra)
                ltac:(intros v; unfold zero; lra) ltac:(discriminate) ltac:(intros t [<-|[]]; exact example)).
  revert says. unfold mean_star, value. simpl sum.
  rewrite (attained 1 1 (1 / 4) zero); [|lia|lra|exact example|unfold agreement, zero; simpl; ring].
  unfold satisfied, zero; simpl. destruct Rlt_dec as [less|_]; [exfalso; lra|].
  unfold p0; simpl. lra.
Qed.
