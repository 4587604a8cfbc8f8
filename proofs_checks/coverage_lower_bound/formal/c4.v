(* C4: the least gap of a policy that gives mass p to some responses is beta kl(p || q), for every number of
   responses, every set of them (a single one in the claim), every p that a policy can give, and rewards of any
   sign. Base masses may be zero.

   With q = 0 no policy of finite gap has p > 0, with q = 1 none has p < 1; every other p in [0, 1] is given by
   some policy, the best of which has the gap exactly. *)

From Coq Require Import Reals Lra List.
From ExploreTheory Require Import Sums Laws.
Import ListNotations.
Open Scope R_scope.

(* --- definitions ------------------------------------------------------------------------------------- *)

(* A coin's divergence, with 0 ln 0 = 0. *)
Definition coin_kl (p q : R) : R := p * ln (p / q) + (1 - p) * ln ((1 - p) / (1 - q)).

Section Definitions.
Context {A : Type}.
Variables (Y : list A) (inside : A -> bool).

(* The part of a law on the responses that are [inside], or not. *)
Definition part_of (side : bool) (p : A -> R) (y : A) : R := if Bool.eqb (inside y) side then p y else 0.
Definition mass_in (p : A -> R) : R := sum Y (part_of true p).

(* The best law with mass [p] inside: that of [star] given the side, on either side. *)
Definition reweighted (p : R) (star : A -> R) (y : A) : R :=
  if inside y then p / mass_in star * star y else (1 - p) / (1 - mass_in star) * star y.

End Definitions.

(* --- the mass inside and outside --------------------------------------------------------------------- *)

Section Proof.
Context {A : Type}.
Variables (Y : list A) (inside : A -> bool).
Implicit Types (p q star : A -> R).

Let part := part_of inside.
Let mass := mass_in Y inside.

Lemma part_nonneg side p : nonnegative Y p -> nonnegative Y (part side p).
Proof. intros hp y there; unfold part, part_of; destruct Bool.eqb; [auto|lra]. Qed.

Lemma part_dominated side p q : dominated Y p q -> dominated Y (part side p) (part side q).
Proof. intros h y there; unfold part, part_of; destruct Bool.eqb; [auto|reflexivity]. Qed.

Lemma mass_outside p : is_law Y p -> sum Y (part false p) = 1 - mass p.
Proof.
  intros [_ one]. rewrite <- one. unfold mass, mass_in. rewrite <- sum_minus. apply sum_ext; intros y _.
  unfold part, part_of; destruct (inside y); simpl; ring.
Qed.

Lemma kl_of_parts p q : kl Y p q = kl Y (part true p) (part true q) + kl Y (part false p) (part false q).
Proof.
  unfold kl. rewrite <- sum_plus. apply sum_ext; intros y _.
  unfold part, part_of; destruct (inside y); simpl; ring.
Qed.

(* Grouping responses does not raise a divergence. *)
Lemma kl_of_masses p q : is_law Y p -> is_law Y q -> dominated Y p q -> coin_kl (mass p) (mass q) <= kl Y p q.
Proof.
  intros hp hq h. rewrite kl_of_parts. unfold coin_kl. rewrite <- !mass_outside by assumption.
  apply Rplus_le_compat; apply log_sum; try apply part_dominated; try apply part_nonneg; apply h || apply hp || apply hq.
Qed.

Lemma mass_range p : is_law Y p -> 0 <= mass p <= 1.
Proof.
  intros hp. split; [apply sum_nonneg, part_nonneg, hp|].
  enough (0 <= sum Y (part false p)) by (rewrite mass_outside in H by exact hp; lra).
  apply sum_nonneg, part_nonneg, hp.
Qed.

(* --- the best law of mass p -------------------------------------------------------------------------- *)

Variables (star : A -> R) (p : R).
Hypothesis star_law : is_law Y star.
Hypothesis coin : 0 <= p <= 1.
Hypothesis never : mass star = 0 -> p = 0.
Hypothesis surely : mass star = 1 -> p = 1.

Let best := reweighted Y inside p star.

Lemma share_inside : p / mass star * mass star = p.
Proof. destruct (Req_dec (mass star) 0) as [zero|other]; [rewrite zero, never by exact zero; ring|field; exact other]. Qed.

Lemma share_outside : (1 - p) / (1 - mass star) * (1 - mass star) = 1 - p.
Proof.
  destruct (Req_dec (mass star) 1) as [one|other]; [rewrite one, surely by exact one; ring|field; lra].
Qed.

Lemma quotient_nonneg a b : 0 <= a -> 0 <= b -> (b = 0 -> a = 0) -> 0 <= a / b.
Proof.
  intros ha hb h. destruct hb as [hb|<-]; [|rewrite h by reflexivity; unfold Rdiv; lra].
  apply Rmult_le_pos; [exact ha|apply Rlt_le, Rinv_0_lt_compat, hb].
Qed.

Lemma best_inside : mass best = p.
Proof.
  unfold mass, mass_in. rewrite <- share_inside. unfold mass at 2, mass_in. rewrite <- sum_scale.
  apply sum_ext; intros y _. unfold part_of, best, reweighted; destruct (inside y); simpl; [reflexivity|ring].
Qed.

Lemma best_outside : sum Y (part false best) = 1 - p.
Proof.
  rewrite <- share_outside, <- (mass_outside star star_law), <- sum_scale.
  apply sum_ext; intros y _. rewrite mass_outside by exact star_law.
  unfold part, part_of, best, reweighted; destruct (inside y); simpl; [ring|reflexivity].
Qed.

Lemma best_law : is_law Y best.
Proof.
  pose proof (mass_range star star_law) as range. split.
  - intros y there. pose proof (proj1 star_law y there). unfold best, reweighted.
    fold (mass star). destruct (inside y); apply Rmult_le_pos; try assumption; apply quotient_nonneg; lra.
  - replace 1 with (p + (1 - p)) by ring. rewrite <- best_outside, <- best_inside at 1.
    unfold mass, mass_in. rewrite <- sum_plus. apply sum_ext; intros y _.
    unfold part, part_of; destruct (inside y); simpl; ring.
Qed.

Lemma best_dominated : dominated Y best star.
Proof. intros y _ zero. unfold best, reweighted. rewrite zero. destruct (inside y); ring. Qed.

(* Within a side the two laws are proportional. *)
Lemma kl_proportional q c : nonnegative Y q -> 0 <= c ->
  kl Y (fun y => c * q y) q = c * sum Y q * ln c.
Proof.
  intros hq hc. unfold kl. rewrite Rmult_assoc, (Rmult_comm (sum Y q)), <- Rmult_assoc, <- sum_scale.
  apply sum_ext; intros y there.
  destruct (hq y there) as [positive|<-]; [|ring].
  replace (c * q y / q y) with c by (field; lra). ring.
Qed.

Lemma best_kl : kl Y best star = coin_kl p (mass star).
Proof.
  pose proof (mass_range star star_law) as range.
  rewrite kl_of_parts. unfold coin_kl. f_equal.
  - transitivity (kl Y (fun y => p / mass star * part true star y) (part true star)).
    + unfold kl. apply sum_ext; intros y _.
      unfold part, part_of, best, reweighted; destruct (inside y); simpl; [reflexivity|ring].
    + rewrite kl_proportional.
      * fold (mass star). change (sum Y (part true star)) with (mass star). rewrite share_inside. reflexivity.
      * apply part_nonneg, star_law.
      * apply quotient_nonneg; lra || auto.
  - transitivity (kl Y (fun y => (1 - p) / (1 - mass star) * part false star y) (part false star)).
    + unfold kl. apply sum_ext; intros y _.
      unfold part, part_of, best, reweighted; destruct (inside y); simpl; [ring|reflexivity].
    + rewrite kl_proportional.
      * rewrite mass_outside by exact star_law. rewrite share_outside. reflexivity.
      * apply part_nonneg, star_law.
      * apply quotient_nonneg; lra.
Qed.

End Proof.

(* --- the claim --------------------------------------------------------------------------------------- *)

Theorem c4 {A : Type} (Y : list A) (inside : A -> bool) (base r : A -> R) (beta : R) :
  0 < beta -> is_law Y base ->
  let star := optimal Y base r beta in
  let q := mass_in Y inside star in
  let gap pi := objective Y base r beta star - objective Y base r beta pi in
  (forall pi, is_law Y pi -> dominated Y pi base -> beta * coin_kl (mass_in Y inside pi) q <= gap pi) /\
  (forall p, 0 <= p <= 1 -> (q = 0 -> p = 0) -> (q = 1 -> p = 1) ->
    exists pi, is_law Y pi /\ dominated Y pi base /\ mass_in Y inside pi = p /\ gap pi = beta * coin_kl p q).
Proof.
  intros temperature law star q gap.
  assert (star_law : is_law Y star) by (apply optimal_law, law).
  assert (gap_is : forall pi, is_law Y pi -> dominated Y pi base -> gap pi = beta * kl Y pi star).
  { intros pi hpi supported. unfold gap, star.
    rewrite objective_optimal, objective_and_divergence by assumption. ring. }
  split.
  - intros pi hpi supported. rewrite gap_is by assumption.
    apply Rmult_le_compat_l; [lra|]. apply kl_of_masses; try assumption.
    apply dominated_optimal; assumption.
  - intros p coin never surely. exists (reweighted Y inside p star).
    assert (supported : dominated Y (reweighted Y inside p star) base).
    { apply (dominated_optimal Y base r beta); [exact law|]. apply best_dominated. }
    assert (is_law Y (reweighted Y inside p star)) by (apply best_law; assumption).
    split; [assumption|split; [assumption|split]].
    + apply best_inside; assumption.
    + rewrite gap_is by assumption. rewrite best_kl by assumption. reflexivity.
Qed.

(* --- false variants, on two responses: the first one of base mass 1/3 and reward 1 ------------------- *)

From ExploreTheory Require Import Bounds.

Definition first (y : nat) : bool := match y with O => true | S _ => false end.
Definition third := table [1 / 3; 2 / 3].
Definition reward := table [1; 0].
Definition little := table [1 / 100; 99 / 100].

(* The first half of the claim with another bound, of the mass inside, that of the optimal policy, and beta. *)
Definition always (at_least : R -> R -> R -> R) : Prop :=
  forall (Y : list nat) inside base r beta pi,
  0 < beta -> is_law Y base -> is_law Y pi -> dominated Y pi base ->
  at_least (mass_in Y inside pi) (mass_in Y inside (optimal Y base r beta)) beta
  <= objective Y base r beta (optimal Y base r beta) - objective Y base r beta pi.

Ltac numbers := cbv [mass_in part_of coin_kl first third reward little Bool.eqb]; expand.

Lemma refuted_by_example at_least :
  objective [0; 1]%nat third reward (1 / 2) (optimal [0; 1]%nat third reward (1 / 2))
    - objective [0; 1]%nat third reward (1 / 2) little
  < at_least (mass_in [0; 1]%nat first little) (mass_in [0; 1]%nat first (optimal [0; 1]%nat third reward (1 / 2))) (1 / 2)
  -> ~ always at_least.
Proof.
  intros less says. revert less. apply Rle_not_lt.
  apply says; cbv [third little]; [lra|law_of_numbers|law_of_numbers|each_listed].
Qed.

(* kl(q || p) in place of kl(p || q). *)
Theorem not_reversed : ~ always (fun p q beta => beta * coin_kl q p).
Proof. apply refuted_by_example. numbers. bounds. Qed.

(* The divergence is not multiplied by beta. *)
Theorem not_without_beta : ~ always (fun p q beta => coin_kl p q).
Proof. apply refuted_by_example. numbers. bounds. Qed.
