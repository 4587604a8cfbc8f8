(* F3: max over policies of E_pi r - beta KL(pi || pi_ref) is beta ln E_ref exp(r/beta), for every number of
   responses, attained at pi_star and nowhere else.

   Base masses may be zero. A policy that leaves the support of the base policy is worth minus infinity, so
   the maximum is over those that do not ([dominated]). *)

From Coq Require Import Reals Lra List.
From ExploreTheory Require Import Sums Laws.
Import ListNotations.
Open Scope R_scope.

(* --- definitions ------------------------------------------------------------------------------------- *)

(* [m] is the largest worth of a policy. *)
Definition is_maximum {A} (Y : list A) (base r : A -> R) (beta m : R) : Prop :=
  (exists p, is_law Y p /\ dominated Y p base /\ objective Y base r beta p = m) /\
  (forall p, is_law Y p -> dominated Y p base -> objective Y base r beta p <= m).

(* With prompts: the mean of the soft values. *)
Definition mean_soft_value {X A} (prompts : list X) (rho : X -> R) (Y : list A) (base r : X -> A -> R) beta :=
  mean prompts rho (fun x => soft_value Y (base x) (r x) beta).

(* --- from above, attained, attained once ------------------------------------------------------------- *)

Section Proof.
Context {A : Type}.
Variables (Y : list A) (base r : A -> R) (beta : R).
Hypothesis temperature : 0 < beta.
Hypothesis law : is_law Y base.

Lemma optimal_inside : dominated Y (optimal Y base r beta) base.
Proof. apply (dominated_optimal Y base r beta); [exact law|]. intros y _ zero; exact zero. Qed.

Lemma at_most_soft_value p :
  is_law Y p -> dominated Y p base -> objective Y base r beta p <= soft_value Y base r beta.
Proof.
  intros policy inside.
  rewrite objective_and_divergence by assumption.
  assert (0 <= kl Y p (optimal Y base r beta)).
  { apply kl_nonneg; [exact policy|apply optimal_law, law|apply dominated_optimal; assumption]. }
  pose proof (Rmult_le_pos beta _ (Rlt_le _ _ temperature) H). lra.
Qed.

Lemma attained_once p : is_law Y p -> dominated Y p base ->
  objective Y base r beta p = soft_value Y base r beta ->
  forall y, In y Y -> p y = optimal Y base r beta y.
Proof.
  intros policy inside attained.
  rewrite objective_and_divergence in attained by assumption.
  apply kl_zero_only_equal; [exact policy|apply optimal_law, law|apply dominated_optimal; assumption|].
  assert (zero : beta * kl Y p (optimal Y base r beta) = 0) by lra.
  apply Rmult_integral in zero as [zero|zero]; [lra|exact zero].
Qed.

End Proof.

(* --- the claim --------------------------------------------------------------------------------------- *)

Theorem f3 {A : Type} (Y : list A) (base r : A -> R) (beta : R) :
  0 < beta -> is_law Y base ->
  is_maximum Y base r beta (beta * ln (mean Y base (fun y => exp (r y / beta)))) /\
  (forall p, is_law Y p -> dominated Y p base ->
    (objective Y base r beta p = beta * ln (mean Y base (fun y => exp (r y / beta))) <->
     forall y, In y Y -> p y = optimal Y base r beta y)).
Proof.
  intros temperature law.
  change (beta * ln (mean Y base (fun y => exp (r y / beta)))) with (soft_value Y base r beta).
  split; [split|].
  - exists (optimal Y base r beta); split; [|split].
    + apply optimal_law, law.
    + apply optimal_inside, law.
    + apply objective_optimal; assumption.
  - intros p; apply at_most_soft_value; assumption.
  - intros p policy inside; split; [apply attained_once; assumption|].
    intros same. rewrite <- (objective_optimal Y base r beta temperature law).
    unfold objective, mean, kl. f_equal; [|f_equal]; apply sum_ext; intros y there; rewrite same; auto.
Qed.

(* --- false variants, on two responses ---------------------------------------------------------------- *)

From ExploreTheory Require Import Bounds.

Definition always (closed_form : list nat -> (nat -> R) -> (nat -> R) -> R -> R) : Prop :=
  forall Y base r beta, 0 < beta -> is_law Y base -> is_maximum Y base r beta (closed_form Y base r beta).

Definition third := table [1 / 3; 2 / 3].
Definition reward := table [1; 0].

Ltac numbers := cbv [mean_soft_value third reward]; expand.

(* There is one maximum, so that another number is none. *)
Lemma one_maximum m :
  is_maximum [0; 1]%nat third reward (1 / 2) m -> m = soft_value [0; 1]%nat third reward (1 / 2).
Proof.
  assert (law : is_law [0; 1]%nat third) by (cbv [third]; law_of_numbers).
  assert (positive : 0 < 1 / 2) by lra.
  intros [[p [hp [inside worth]]] above].
  apply Rle_antisym.
  - rewrite <- worth; apply at_most_soft_value; assumption.
  - rewrite <- objective_optimal by assumption.
    apply above; [apply optimal_law, law|apply optimal_inside, law].
Qed.

Lemma refuted_by_example closed_form :
  closed_form [0; 1]%nat third reward (1 / 2) <> soft_value [0; 1]%nat third reward (1 / 2) ->
  ~ always closed_form.
Proof. intros other says. apply other, one_maximum, says; [lra|cbv [third]; law_of_numbers]. Qed.

(* The logarithm is not multiplied by beta. *)
Theorem not_without_beta : ~ always (fun Y base r beta => ln (mean Y base (fun y => exp (r y / beta)))).
Proof. apply refuted_by_example, Rgt_not_eq. numbers. bounds. Qed.

(* The closed form at temperature 2 beta. *)
Theorem not_at_temperature_doubled : ~ always (fun Y base r beta => soft_value Y base r (2 * beta)).
Proof. apply refuted_by_example, Rlt_not_eq. numbers. bounds. Qed.

(* The base policy's expected reward. *)
Theorem not_expected_reward : ~ always (fun Y base r beta => mean Y base r).
Proof. apply refuted_by_example, Rlt_not_eq. numbers. bounds. Qed.

(* The expected reward of the optimal policy, the divergence forgotten. *)
Theorem not_without_divergence : ~ always (fun Y base r beta => mean Y (optimal Y base r beta) r).
Proof. apply refuted_by_example, Rgt_not_eq. numbers. bounds. Qed.

(* The largest reward. *)
Theorem not_hard_maximum : ~ (forall (Y : list nat) base r beta y,
  0 < beta -> is_law Y base -> In y Y -> (forall y', In y' Y -> r y' <= r y) -> is_maximum Y base r beta (r y)).
Proof.
  intros says.
  assert (one : reward 0%nat = soft_value [0; 1]%nat third reward (1 / 2)).
  { apply one_maximum, says; [lra|cbv [third]; law_of_numbers|left; reflexivity|cbv [reward]; each_listed]. }
  revert one. apply Rgt_not_eq. numbers. bounds.
Qed.
