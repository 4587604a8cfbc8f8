(* T1: the optimal policy is the product of the optimal token laws, for every horizon and vocabulary, every base
   policy (token masses may be zero) and rewards of any sign. *)

From Coq Require Import Reals Lra Lia List.
From ExploreTheory Require Import Sums Laws Tokens.
Import ListNotations.
Open Scope R_scope.

(* [responses V H []] are the responses of H tokens, [product b] their law under the base policy, [optimal] the
   tilted law on whole responses, and [token_star] the token laws proportional to b exp(Q/beta), where Q of a
   prefix is beta ln E_ref[exp(r/beta) | prefix]. The optimal policy is also the one that maximises the
   objective (F3). *)
Theorem t1 {A : Type} (V : list A) (H : nat) (b : list A -> A -> R) (r : list A -> R) (beta : R) :
  0 < beta -> (forall past, is_law V (b past)) ->
  let star := token_star V H b r beta in
  (forall past, is_law V (star past)) /\
  (forall y, In y (responses V H []) ->
    product star y = optimal (responses V H []) (product b) r beta y).
Proof.
  intros temperature laws star. split.
  - intros past. apply star_law; assumption.
  - intros y. apply product_is_optimal; assumption.
Qed.

(* --- a false variant: two tokens, two layers --------------------------------------------------------- *)

From ExploreTheory Require Import Bounds.

(* Q averages over next tokens without their base probabilities. *)
Definition unweighted (V : list nat) (H : nat) (r : list nat -> R) (beta : R) (past : list nat) : R :=
  beta * ln (expect V (fun _ _ => / INR (length V)) (H - length past) past (fun y => exp (r y / beta))).

Definition half (past : list nat) := table [1 / 2; 1 / 2].
Definition skewed (past : list nat) := match past with [] => table [1 / 2; 1 / 2] | _ => table [1 / 5; 4 / 5] end.
Definition paid (y : list nat) : R := match y with [O; O] => 2 | _ => 0 end.

Theorem not_unweighted : ~ (forall (V : list nat) H b r beta,
  0 < beta -> (forall past, is_law V (b past)) -> forall y, In y (responses V H []) ->
  product (fun past => optimal V (b past) (fun a => unweighted V H r beta (a :: past)) beta) y
  = optimal (responses V H []) (product b) r beta y).
Proof.
  intros says.
  specialize (says [0; 1]%nat 2%nat skewed paid 1 ltac:(lra)).
  assert (laws : forall past, is_law [0; 1]%nat (skewed past)).
  { intros [|a past]; cbv [skewed]; law_of_numbers. }
  specialize (says laws [0; 0]%nat ltac:(left; reflexivity)). revert says.
  apply Rgt_not_eq. cbv [skewed paid unweighted INR length]. expand_tokens. bounds.
Qed.
