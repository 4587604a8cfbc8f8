(* X1: a search can be drawn at once, with the joint law of result and meter of the draw-by-draw process.

   For every finite list of responses, law [pi], set, budget and purse: the search for the set that draws one
   by one finds [y] after [k <= cap = min(budget, purse)] tries with probability [(1 - p)^(k - 1) p (pi(y)/p)],
   [p = pi(set)], and gives up after [cap] tries with probability [(1 - p)^cap], as a miss if the budget is
   spent and exhausted if the purse is. A search for pairs is the one for a set of pairs, with the list of all
   pairs and the law [pi x pi]. *)

From Coq Require Import Reals Lra List PeanoNat.
From ExploreTheory Require Import Sums Laws Tilts Searches.
Import ListNotations.
Open Scope R_scope.

(** * Definitions *)

Section Statement.
Context {A : Type}.
Implicit Types (Y : list A) (pi : A -> R) (inside : A -> bool) (u : outcome A -> R).

(* The process itself (see [Searches.v]): a response is accepted if and only if it lies in the set. *)
Definition search_for Y pi inside (budget purse : nat) u : R :=
  search Y pi (fun y => if inside y then 1 else 0) budget purse 0 u.

(* The formula, as the mean of any function of the outcome. *)
Definition geometric Y pi inside (budget purse : nat) u : R :=
  let p := mass_on Y pi inside in
  let cap := Nat.min budget purse in
  sum (seq 1 cap) (fun k => (1 - p) ^ (k - 1) * p *
    sum Y (fun y => if inside y then pi y / p * u (Found y k) else 0))
  + (1 - p) ^ cap * u (given_up budget purse cap).

End Statement.

(* The law of pairs *)
Definition paired {A} (pi : A -> R) : A * A -> R := fun yz => pi (fst yz) * pi (snd yz).

(** * The theorem *)

(* A set of no mass: its responses have none. *)
Lemma conditioned {A} (Y : list A) (pi : A -> R) inside y : nonnegative Y pi -> In y Y -> inside y = true ->
  mass_on Y pi inside * (pi y / mass_on Y pi inside) = pi y.
Proof.
  intros hp there here. destruct (Req_dec (mass_on Y pi inside) 0) as [zero|some]; [|field; exact some].
  assert (nothing : pi y * on inside y = 0).
  { apply (sum_zero_each Y (fun z => pi z * on inside z)); [|exact zero|exact there].
    intros z iz. apply Rmult_le_pos; [apply hp, iz|]. unfold on. destruct (inside z); lra. }
  unfold on in nothing. rewrite here, Rmult_1_r in nothing. rewrite nothing. unfold Rdiv. ring.
Qed.

Theorem search_drawn_at_once {A} (Y : list A) (pi : A -> R) inside (budget purse : nat) u :
  is_law Y pi -> search_for Y pi inside budget purse u = geometric Y pi inside budget purse u.
Proof.
  intros [hp one]. unfold search_for. rewrite search_at_once by exact one. unfold at_once, geometric.
  change (mean Y pi (fun y => if inside y then 1 else 0)) with (mass_on Y pi inside). f_equal.
  rewrite <- seq_shift, sum_map. apply sum_ext. intros k _. simpl Nat.sub. rewrite Nat.sub_0_r.
  rewrite Rmult_assoc. f_equal. rewrite <- sum_scale. apply sum_ext. intros y there.
  destruct (inside y) eqn:here; [|ring].
  rewrite <- (conditioned Y pi inside y hp there here) at 1. ring.
Qed.

(* Pairs, at two calls each, are the same search. *)
Lemma paired_law {A} (Y : list A) (pi : A -> R) : is_law Y pi -> is_law (list_prod Y Y) (paired pi).
Proof.
  intros [hp one]. split.
  - intros [y z] there. apply in_prod_iff in there as [iy iz]. apply Rmult_le_pos; apply hp; assumption.
  - assert (all : forall l, sum (list_prod l Y) (paired pi) = sum l pi).
    { induction l as [|y l IH]; [reflexivity|]. simpl. rewrite sum_app, sum_map, IH. f_equal.
      unfold paired. simpl. rewrite sum_scale, one. ring. }
    rewrite all. exact one.
Qed.

Theorem pairs_drawn_at_once {A} (Y : list A) (pi : A -> R) inside (budget purse : nat) u :
  is_law Y pi ->
  search_for (list_prod Y Y) (paired pi) inside budget purse u
  = geometric (list_prod Y Y) (paired pi) inside budget purse u.
Proof. intros law. apply search_drawn_at_once, paired_law, law. Qed.

(** * False variants *)

(* A fair coin, one try: heads is found at the first try with probability 1/2. *)
Definition coin : list nat := [0; 1]%nat.
Definition fair : nat -> R := fun _ => 1 / 2.
Definition heads : nat -> bool := fun y => (y =? 1)%nat.

Lemma fair_law : is_law coin fair.
Proof. split; [intros y _|]; unfold fair, coin; simpl; lra. Qed.

(* The geometric law counts misses, one less than tries. *)
Theorem shifted_is_false : ~ (forall (Y : list nat) pi inside budget purse u, is_law Y pi ->
  search_for Y pi inside budget purse u
  = geometric Y pi inside budget purse (fun o => u match o with Found y k => Found y (k - 1) | other => other end)).
Proof.
  intros H. specialize (H coin fair heads 1%nat 1%nat (is_found 1 1) fair_law).
  unfold search_for, geometric, mass_on, mean, on, is_found, coin, fair, heads in H. simpl in H. lra.
Qed.

(* The response is a fresh one, in the set or not: tails is found, too. *)
Theorem not_renormalised_is_false : ~ (forall (Y : list nat) pi inside budget purse u, is_law Y pi ->
  search_for Y pi inside budget purse u
  = sum (seq 1 (Nat.min budget purse)) (fun k => (1 - mass_on Y pi inside) ^ (k - 1) * mass_on Y pi inside *
      sum Y (fun y => pi y * u (Found y k)))
    + (1 - mass_on Y pi inside) ^ Nat.min budget purse * u (given_up budget purse (Nat.min budget purse))).
Proof.
  intros H. specialize (H coin fair heads 1%nat 1%nat (is_found 0 1) fair_law).
  unfold search_for, mass_on, mean, on, is_found, given_up, coin, fair, heads in H. simpl in H. lra.
Qed.

(* A search that gives up is charged one try more than it may make. *)
Theorem miss_costs_more_is_false : ~ (forall (Y : list nat) pi inside budget purse u, is_law Y pi ->
  search_for Y pi inside budget purse u = geometric Y pi inside (S budget) (S purse) u).
Proof.
  intros H. specialize (H coin fair heads 1%nat 1%nat (is_missed 1) fair_law).
  unfold search_for, geometric, mass_on, mean, on, is_missed, given_up, coin, fair, heads in H. simpl in H. lra.
Qed.
