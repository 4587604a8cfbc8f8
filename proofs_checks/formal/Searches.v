(* Drawing until something is accepted, one draw after the other, and the joint law of what is found, after how
   many tries, or of having given up.

   Laws of outcomes are given by the means of all functions [u] of an outcome: those of the indicators are
   the probabilities. *)

From Coq Require Import Reals Lra Lia List PeanoNat.
From ExploreTheory Require Import Sums Laws.
Import ListNotations.
Open Scope R_scope.

(** * Definitions *)

(* A search ends with a response after so many tries, or gives up: its budget is spent, or its purse is. *)
Inductive outcome (A : Type) : Type :=
  | Found (y : A) (tries : nat)
  | Miss (tries : nat)
  | Exhausted (tries : nat).
Arguments Found {A}. Arguments Miss {A}. Arguments Exhausted {A}.

Section Definitions.
Context {A : Type}.
Implicit Types (Y : list A) (pi chance : A -> R) (u : outcome A -> R).

(* The mean of [u] for the search that draws from [pi] one by one and accepts [y] with chance [chance y];
   [used] tries are made. *)
Fixpoint search Y pi chance (budget purse used : nat) u : R :=
  match budget, purse with
  | O, _ => u (Miss used)
  | S _, O => u (Exhausted used)
  | S b, S q => sum Y (fun y =>
      pi y * (chance y * u (Found y (S used)) + (1 - chance y) * search Y pi chance b q (S used) u))
  end.

(* The same by the formula: [tries <= min(budget, purse)], [p] the chance that one draw is accepted. *)
Definition given_up (budget purse tries : nat) : outcome A :=
  if (budget <=? purse)%nat then Miss tries else Exhausted tries.

Definition at_once Y pi chance (budget purse : nat) u : R :=
  let p := mean Y pi chance in
  let cap := Nat.min budget purse in
  sum (seq 0 cap) (fun k => (1 - p) ^ k * sum Y (fun y => pi y * chance y * u (Found y (S k))))
  + (1 - p) ^ cap * u (given_up budget purse cap).

End Definitions.

(* Indicators: of a response and a number of tries, and of a number of tries in which nothing is found. *)
Definition is_found (y k : nat) (o : outcome nat) : R :=
  match o with Found z t => if ((z =? y) && (t =? k))%bool%nat then 1 else 0 | _ => 0 end.
Definition is_missed (k : nat) (o : outcome nat) : R :=
  match o with Miss t => if (t =? k)%nat then 1 else 0 | _ => 0 end.
Definition is_exhausted (k : nat) (o : outcome nat) : R :=
  match o with Exhausted t => if (t =? k)%nat then 1 else 0 | _ => 0 end.

(** * The law *)

Section Law.
Context {A : Type}.
Variables (Y : list A) (pi chance : A -> R).
Hypothesis one : sum Y pi = 1.

Let p := mean Y pi chance.

Lemma step (v : A -> R) (rest : R) :
  sum Y (fun y => pi y * (chance y * v y + (1 - chance y) * rest))
  = sum Y (fun y => pi y * chance y * v y) + (1 - p) * rest.
Proof.
  replace ((1 - p) * rest) with (sum Y (fun y => pi y * (1 - chance y)) * rest).
  - rewrite <- sum_scale_right, <- sum_plus. apply sum_ext. intros; ring.
  - f_equal. rewrite (sum_ext Y _ (fun y => pi y - pi y * chance y)) by (intros; ring).
    rewrite sum_minus, one. reflexivity.
Qed.

Lemma search_from (budget purse used : nat) (u : outcome A -> R) :
  search Y pi chance budget purse used u
  = sum (seq 0 (Nat.min budget purse))
      (fun k => (1 - p) ^ k * sum Y (fun y => pi y * chance y * u (Found y (used + S k))))
    + (1 - p) ^ Nat.min budget purse * u (given_up budget purse (used + Nat.min budget purse)).
Proof.
  revert purse used; induction budget as [|b IH]; intros purse used.
  - simpl. rewrite Nat.add_0_r. unfold given_up. simpl. ring.
  - destruct purse as [|q].
    + simpl. rewrite Nat.add_0_r. unfold given_up. simpl. ring.
    + cbn [search Nat.min seq sum]. rewrite step, IH, <- seq_shift, sum_map.
      rewrite Rmult_plus_distr_l, <- sum_scale. rewrite <- Rplus_assoc. f_equal; [f_equal|].
      * rewrite Nat.add_1_r. simpl. ring.
      * apply sum_ext. intros k _. simpl pow. rewrite Nat.add_succ_comm. ring.
      * simpl pow. rewrite <- Nat.add_succ_comm. unfold given_up. simpl. ring.
Qed.

Theorem search_at_once (budget purse : nat) (u : outcome A -> R) :
  search Y pi chance budget purse 0 u = at_once Y pi chance budget purse u.
Proof. apply search_from. Qed.

(* What is accepted does not depend on when: of functions [v] of the response alone, zero if nothing is found,
   the mean is that of [pi chance/p] times the chance that something is found. *)
Definition of_response (v : A -> R) (o : outcome A) : R := match o with Found y _ => v y | _ => 0 end.

Theorem accepted_law (budget purse : nat) (v : A -> R) :
  p * search Y pi chance budget purse 0 (of_response v)
  = mean Y pi (fun y => chance y * v y) * search Y pi chance budget purse 0 (of_response (fun _ => 1)).
Proof.
  rewrite !search_at_once. unfold at_once. fold p.
  assert (none : forall v, of_response v (given_up budget purse (Nat.min budget purse)) = 0).
  { intros w. unfold given_up. destruct (budget <=? purse)%nat; reflexivity. }
  rewrite !none, !Rmult_0_r, !Rplus_0_r, <- !sum_scale. apply sum_ext. intros k _. simpl of_response.
  replace (mean Y pi (fun y => chance y * v y)) with (sum Y (fun y => pi y * chance y * v y))
    by (unfold mean; apply sum_ext; intros; ring).
  replace (sum Y (fun y => pi y * chance y * 1)) with p by (unfold p, mean; apply sum_ext; intros; ring). ring.
Qed.

(* Nothing is found with probability [(1 - p)^cap]. *)
Definition nothing (o : outcome A) : R := match o with Found _ _ => 0 | _ => 1 end.

Theorem nothing_found (budget purse : nat) :
  search Y pi chance budget purse 0 nothing = (1 - p) ^ Nat.min budget purse.
Proof.
  rewrite search_at_once. unfold at_once. fold p. rewrite <- (Rplus_0_l ((1 - p) ^ _)). f_equal.
  - rewrite <- (sum_zero (seq 0 (Nat.min budget purse))). apply sum_ext. intros k _. simpl nothing.
    rewrite (sum_ext Y _ (fun _ => 0)) by (intros; ring). rewrite sum_zero. ring.
  - unfold given_up. destruct (budget <=? purse)%nat; simpl; ring.
Qed.

End Law.
