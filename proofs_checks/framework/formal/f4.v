(* F4: KL(sum_t w_t pi_t || q) <= sum_t w_t KL(pi_t || q), for every number of policies and responses and
   every law q, the optimal policy among them.

   Weights and masses may be zero. If a policy of positive weight leaves the support of q the right-hand side
   is infinite (and so is the left one, [mixture_inside]): the inequality is about the other case. *)

From Coq Require Import Reals Lra List.
From ExploreTheory Require Import Sums Laws.
Import ListNotations.
Open Scope R_scope.

(* --- definitions ------------------------------------------------------------------------------------- *)

Section Definitions.
Context {T A : Type}.
Variables (policies : list T) (w : T -> R) (Y : list A) (pi : T -> A -> R).

Definition mixture (y : A) : R := sum policies (fun t => w t * pi t y).

(* The average of the divergences is finite. *)
Definition all_inside (q : A -> R) : Prop :=
  forall t, In t policies -> w t <> 0 -> dominated Y (pi t) q.

Definition average_kl (q : A -> R) : R := sum policies (fun t => w t * kl Y (pi t) q).

End Definitions.

(* --- the compensation identity ----------------------------------------------------------------------- *)

Section Proof.
Context {T A : Type}.
Variables (policies : list T) (w : T -> R) (Y : list A) (pi : T -> A -> R) (q : A -> R).
Hypothesis weights : is_law policies w.
Hypothesis laws : forall t, In t policies -> is_law Y (pi t).
Hypothesis target : is_law Y q.

Let mixed := mixture policies w pi.

Lemma parts_nonneg y : In y Y -> nonnegative policies (fun t => w t * pi t y).
Proof.
  intros there t it. apply Rmult_le_pos; [apply (proj1 weights t it)|apply (proj1 (laws t it) y there)].
Qed.

Lemma mixture_law : is_law Y mixed.
Proof.
  split.
  - intros y there; apply sum_nonneg, parts_nonneg, there.
  - unfold mixed, mixture. rewrite sum_swap. transitivity (sum policies w); [|apply weights].
    apply sum_ext; intros t it. rewrite sum_scale, (proj2 (laws t it)); ring.
Qed.

(* A response that the mixture never gives is given by no policy of positive weight. *)
Lemma parts_in_mixture : all_inside policies w Y pi mixed.
Proof.
  intros t it positive y there zero.
  pose proof (sum_zero_each policies _ (parts_nonneg y there) zero t it) as product.
  apply Rmult_integral in product as [no|yes]; [contradiction|exact yes].
Qed.

(* Both sides are infinite together. *)
Lemma mixture_inside : all_inside policies w Y pi q <-> dominated Y mixed q.
Proof.
  split.
  - intros inside y there zero. unfold mixed, mixture.
    rewrite <- (sum_zero policies). apply sum_ext; intros t it.
    destruct (Req_dec (w t) 0) as [->|positive]; [ring|].
    rewrite (inside t it positive y there zero); ring.
  - intros inside t it positive y there zero.
    apply (parts_in_mixture t it positive y there). exact (inside y there zero).
Qed.

(* What the average exceeds the divergence of the mixture by (Topsoe). *)
Lemma compensation : all_inside policies w Y pi q ->
  average_kl policies w Y pi q = kl Y mixed q + average_kl policies w Y pi mixed.
Proof.
  intros inside.
  assert (each : forall t y, In t policies -> In y Y ->
    w t * (pi t y * ln (pi t y / q y))
    = w t * pi t y * ln (mixed y / q y) + w t * (pi t y * ln (pi t y / mixed y))).
  { intros t y it there.
    destruct (proj1 weights t it) as [wt|<-]; [|ring].
    destruct (proj1 (laws t it) y there) as [pt|<-]; [|ring].
    assert (0 < mixed y) by (apply (sum_pos _ _ t (parts_nonneg y there) it), Rmult_lt_0_compat; assumption).
    assert (0 < q y).
    { destruct (proj1 target y there) as [|zero]; [assumption|exfalso].
      specialize (inside t it (Rgt_not_eq _ _ wt) y there (eq_sym zero)); lra. }
    rewrite !ln_quotient by assumption; ring. }
  unfold average_kl, kl.
  rewrite (sum_ext policies _ (fun t => sum Y (fun y => w t * pi t y * ln (mixed y / q y))
                                      + w t * sum Y (fun y => pi t y * ln (pi t y / mixed y)))).
  - rewrite sum_plus, sum_swap. f_equal. apply sum_ext; intros y there.
    rewrite sum_scale_right; reflexivity.
  - intros t it. rewrite <- !sum_scale, <- sum_plus. apply sum_ext; intros y there. apply each; assumption.
Qed.

End Proof.

(* --- the claim --------------------------------------------------------------------------------------- *)

Theorem f4 {T A : Type} (policies : list T) (w : T -> R) (Y : list A) (pi : T -> A -> R) (q : A -> R) :
  is_law policies w -> (forall t, In t policies -> is_law Y (pi t)) -> is_law Y q ->
  (all_inside policies w Y pi q <-> dominated Y (mixture policies w pi) q) /\
  (all_inside policies w Y pi q ->
    kl Y (mixture policies w pi) q <= sum policies (fun t => w t * kl Y (pi t) q)).
Proof.
  intros weights laws target; split.
  - apply mixture_inside; assumption.
  - intros inside. fold (average_kl policies w Y pi q).
    rewrite compensation by assumption.
    enough (0 <= average_kl policies w Y pi (mixture policies w pi)) by lra.
    apply sum_nonneg; intros t it.
    destruct (Req_dec (w t) 0) as [->|positive]; [rewrite Rmult_0_l; lra|].
    apply Rmult_le_pos; [apply (proj1 weights t it)|].
    apply kl_nonneg; [apply laws, it|apply mixture_law; assumption|].
    apply (parts_in_mixture policies w Y pi weights laws t it positive).
Qed.

(* --- false variants, on two responses and two policies ----------------------------------------------- *)

From ExploreTheory Require Import Bounds.

Definition always (right_hand : list nat -> (nat -> R) -> list nat -> (nat -> nat -> R) -> (nat -> R) -> R) :=
  forall policies w Y pi q,
  is_law policies w -> (forall t, In t policies -> is_law Y (pi t)) -> is_law Y q ->
  all_inside policies w Y pi q -> kl Y (mixture policies w pi) q <= right_hand policies w Y pi q.

Definition weights := table [1 / 4; 3 / 4].
Definition parts := table2 [[1 / 2; 1 / 2]; [1 / 3; 2 / 3]].
Definition target := table [4 / 5; 1 / 5].

Ltac numbers := cbv [mixture average_kl weights parts target]; expand.

Lemma refuted_by_example right_hand :
  right_hand [0; 1]%nat weights [0; 1]%nat parts target
  < kl [0; 1]%nat (mixture [0; 1]%nat weights parts) target -> ~ always right_hand.
Proof.
  intros less says. revert less. apply Rle_not_lt, says; cbv [all_inside weights parts target].
  - law_of_numbers.
  - intros t [<-|[<-|[]]]; law_of_numbers.
  - law_of_numbers.
  - intros t [<-|[<-|[]]] _; each_listed.
Qed.

(* Half the average. *)
Theorem not_half : ~ always (fun policies w Y pi q => average_kl policies w Y pi q / 2).
Proof. apply refuted_by_example. numbers. bounds. Qed.

(* The best part: here the first one. *)
Theorem not_best_part : ~ always (fun policies w Y pi q => kl Y (pi (hd 0%nat policies)) q).
Proof. apply refuted_by_example. numbers. cbv [hd]. bounds. Qed.

(* Weights squared. *)
Theorem not_squared_weights :
  ~ always (fun policies w Y pi q => sum policies (fun t => w t ^ 2 * kl Y (pi t) q)).
Proof. apply refuted_by_example. numbers. bounds. Qed.
