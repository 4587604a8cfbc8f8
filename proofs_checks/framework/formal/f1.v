(* F1: J(pi_star) - J(pi) = beta E_x KL(pi || pi_star), for every number of prompts and responses.

   Prompts with their law [rho], responses, base policies with any zeros, rewards of any sign. Prompts of mass
   zero are never met. Where some prompt of positive mass lets the policy leave the support of the base policy
   both sides are infinite: the objective of the policy is minus infinity exactly if its divergence from the
   optimal policy is infinite, as [same_support] says. *)

From Coq Require Import Reals Lra List.
From ExploreTheory Require Import Sums Laws.
Import ListNotations.
Open Scope R_scope.

(* --- definitions ------------------------------------------------------------------------------------- *)

Section Definitions.
Context {X A : Type}.
Variables (prompts : list X) (rho : X -> R) (Y : list A).
Implicit Types (base r pi : X -> A -> R) (beta : R).

(* J(pi): the mean over prompts of what the policy is worth there. *)
Definition J base r beta pi : R := mean prompts rho (fun x => objective Y (base x) (r x) beta (pi x)).

Definition best base r beta (x : X) : A -> R := optimal Y (base x) (r x) beta.

Definition mean_kl (p q : X -> A -> R) : R := mean prompts rho (fun x => kl Y (p x) (q x)).

(* The mean divergence is finite. *)
Definition finite (p q : X -> A -> R) : Prop :=
  forall x, In x prompts -> rho x <> 0 -> dominated Y (p x) (q x).

End Definitions.

(* --- one prompt at a time ---------------------------------------------------------------------------- *)

Section Proof.
Context {X A : Type}.
Variables (prompts : list X) (rho : X -> R) (Y : list A) (base r pi : X -> A -> R) (beta : R).
Hypothesis temperature : 0 < beta.
Hypothesis bases : forall x, In x prompts -> is_law Y (base x).
Hypothesis policy : forall x, In x prompts -> is_law Y (pi x).

(* Both sides are infinite together. *)
Lemma same_support : finite prompts rho Y pi base <-> finite prompts rho Y pi (best Y base r beta).
Proof.
  split; intros inside x there met; specialize (inside x there met);
    apply (dominated_optimal Y (base x) (r x) beta (pi x) (bases x there)); exact inside.
Qed.

Lemma gap_of_prompt x : In x prompts -> dominated Y (pi x) (base x) ->
  objective Y (base x) (r x) beta (best Y base r beta x) - objective Y (base x) (r x) beta (pi x)
  = beta * kl Y (pi x) (best Y base r beta x).
Proof.
  intros there inside. unfold best.
  rewrite objective_optimal by (auto using bases).
  rewrite objective_and_divergence; auto. ring.
Qed.

Lemma gap_is_kl : finite prompts rho Y pi base ->
  J prompts rho Y base r beta (best Y base r beta) - J prompts rho Y base r beta pi
  = beta * mean_kl prompts rho Y pi (best Y base r beta).
Proof.
  intros inside. unfold J, mean_kl, mean.
  rewrite <- sum_minus, <- sum_scale. apply sum_ext; intros x there.
  destruct (Req_dec (rho x) 0) as [->|met]; [ring|].
  rewrite <- Rmult_minus_distr_l, gap_of_prompt; auto. ring.
Qed.

End Proof.

(* --- the claim --------------------------------------------------------------------------------------- *)

Theorem f1 {X A : Type} (prompts : list X) (rho : X -> R) (Y : list A) (base r pi : X -> A -> R) (beta : R) :
  0 < beta ->
  is_law prompts rho ->
  (forall x, In x prompts -> is_law Y (base x)) ->
  (forall x, In x prompts -> is_law Y (pi x)) ->
  let star := best Y base r beta in
  (finite prompts rho Y pi base <-> finite prompts rho Y pi star) /\
  (finite prompts rho Y pi base ->
    J prompts rho Y base r beta star - J prompts rho Y base r beta pi = beta * mean_kl prompts rho Y pi star).
Proof.
  intros temperature _ bases policy star; split.
  - apply same_support; assumption.
  - apply gap_is_kl; assumption.
Qed.

(* --- false variants ---------------------------------------------------------------------------------- *)

From ExploreTheory Require Import Bounds.

(* The claim with another right-hand side, a function of prompts, rho, responses, base, r, beta and pi. *)
Definition gap_always_is
    (right_hand : list nat -> (nat -> R) -> list nat ->
                  (nat -> nat -> R) -> (nat -> nat -> R) -> R -> (nat -> nat -> R) -> R) : Prop :=
  forall prompts rho Y base r beta pi,
  0 < beta -> is_law prompts rho ->
  (forall x, In x prompts -> is_law Y (base x)) -> (forall x, In x prompts -> is_law Y (pi x)) ->
  finite prompts rho Y pi base ->
  J prompts rho Y base r beta (best Y base r beta) - J prompts rho Y base r beta pi
  = right_hand prompts rho Y base r beta pi.

(* Two prompts of masses 1/4 and 3/4, two responses, beta = 1/2. *)
Definition masses := table [1 / 4; 3 / 4].
Definition bases := table2 [[1 / 3; 2 / 3]; [1 / 2; 1 / 2]].
Definition rewards := table2 [[1; 0]; [0; 2]].
Definition played := table2 [[1 / 5; 4 / 5]; [2 / 3; 1 / 3]].

Ltac numbers := cbv [J best mean_kl finite masses bases rewards played]; expand.

(* A right-hand side that differs in the example. *)
Lemma refuted_by_example right_hand :
  0.9 < right_hand [0; 1]%nat masses [0; 1]%nat bases rewards (1 / 2) played \/
  right_hand [0; 1]%nat masses [0; 1]%nat bases rewards (1 / 2) played < 0.8 ->
  ~ gap_always_is right_hand.
Proof.
  intros other always.
  assert (gap : J [0; 1]%nat masses [0; 1]%nat bases rewards (1 / 2) (best [0; 1]%nat bases rewards (1 / 2))
                - J [0; 1]%nat masses [0; 1]%nat bases rewards (1 / 2) played
                = right_hand [0; 1]%nat masses [0; 1]%nat bases rewards (1 / 2) played).
  { apply always; cbv [masses bases rewards played finite].
    - lra.
    - law_of_numbers.
    - intros x [<-|[<-|[]]]; law_of_numbers.
    - intros x [<-|[<-|[]]]; law_of_numbers.
    - intros x [<-|[<-|[]]] _; each_listed. }
  rewrite <- gap in other. destruct other as [above|below].
  - revert above. apply Rle_not_lt. numbers. bounds.
  - revert below. apply Rle_not_lt. numbers. bounds.
Qed.

(* KL(pi_star || pi) in place of KL(pi || pi_star). *)
Theorem not_reversed : ~ gap_always_is (fun prompts rho Y base r beta pi =>
  beta * mean_kl prompts rho Y (best Y base r beta) pi).
Proof. apply refuted_by_example. numbers. (left; bounds) || (right; bounds). Qed.

(* pi_star is tilted at temperature 2 beta. *)
Theorem not_at_temperature_doubled : ~ gap_always_is (fun prompts rho Y base r beta pi =>
  beta * mean_kl prompts rho Y pi (best Y base r (2 * beta))).
Proof. apply refuted_by_example. numbers. (left; bounds) || (right; bounds). Qed.

(* The divergence is not multiplied by beta. *)
Theorem not_without_beta : ~ gap_always_is (fun prompts rho Y base r beta pi =>
  mean_kl prompts rho Y pi (best Y base r beta)).
Proof. apply refuted_by_example. numbers. (left; bounds) || (right; bounds). Qed.

(* Every prompt counts the same, whatever its mass. *)
Theorem not_with_prompts_alike : ~ gap_always_is (fun prompts rho Y base r beta pi =>
  beta * mean_kl prompts (fun _ => / INR (length prompts)) Y pi (best Y base r beta)).
Proof. apply refuted_by_example. cbv [length INR]. numbers. (left; bounds) || (right; bounds). Qed.
