(* BN1: KL(Q || pi_ref) <= ln N - (N - 1)/N for the law Q of what any rule returns of N independent draws from
   pi_ref, for every finite list of responses (masses may be zero), every N >= 1 and every rule, which may itself
   draw; strictly below for N >= 2.

   Responses in the order of Q/pi_ref: the first ones of pi_ref-mass F have Q-mass at least F^N, since the rule
   returns one of them wherever all draws are among them. *)

From Coq Require Import Reals Lra Lia List Permutation.
From ExploreTheory Require Import Sums Laws Tokens Sorted Orders.
Import ListNotations.
Open Scope R_scope.

(* --- definitions ------------------------------------------------------------------------------------- *)

Section Definitions.
Context {A : Type}.
Variables (Y : list A) (p : A -> R) (N : nat).

(* A rule returns one of the draws, each with some chance. *)
Definition is_rule (rule : list A -> A -> R) : Prop :=
  forall t, length t = N -> Forall (fun y => In y Y) t ->
  is_law Y (rule t) /\ forall y, In y Y -> ~ In y t -> rule t y = 0.

(* The mean of [f] over N independent draws, and the law of what a rule returns of them. *)
Definition drawn (f : list A -> R) : R := expect Y (fun _ => p) N [] f.
Definition returned (rule : list A -> A -> R) (y : A) : R := drawn (fun t => rule t y).

End Definitions.

Ltac expand_draws := cbv [returned drawn]; expand_tokens.

(* --- what a rule returns ----------------------------------------------------------------------------- *)

Section Rules.
Context {A : Type}.
Variables (Y : list A) (p : A -> R) (N : nat) (rule : list A -> A -> R).
Hypothesis distinct : NoDup Y.
Hypothesis law : is_law Y p.
Hypothesis ruled : is_rule Y N rule.

Let q := returned Y p N rule.

Lemma expect_same V n past (f g : list A -> R) :
  (forall t, In t (responses V n past) -> f t = g t) ->
  expect V (fun _ => p) n past f = expect V (fun _ => p) n past g.
Proof.
  revert past; induction n as [|n IH]; intros past same; simpl; [apply same; left; reflexivity|].
  apply sum_ext; intros a ia. rewrite (IH (a :: past)); [reflexivity|].
  intros t it. apply same. simpl. apply in_flat_map. exists a; split; assumption.
Qed.

Lemma sum_of_expect (Z : list A) V n past (h : list A -> A -> R) :
  sum Z (fun y => expect V (fun _ => p) n past (fun t => h t y)) = expect V (fun _ => p) n past (fun t => sum Z (h t)).
Proof.
  revert past; induction n as [|n IH]; intros past; simpl; [reflexivity|].
  rewrite sum_swap. apply sum_ext; intros a _. rewrite sum_scale, IH. reflexivity.
Qed.

Lemma expect_mass V n past : expect V (fun _ => p) n past (fun _ => 1) = sum V p ^ n.
Proof.
  revert past; induction n as [|n IH]; intros past; simpl; [reflexivity|].
  rewrite <- sum_scale_right. apply sum_ext; intros a _. rewrite IH. reflexivity.
Qed.

(* Draws that are all among some responses are some of all draws. *)
Lemma expect_part P n past (f : list A -> R) : NoDup P -> incl P Y ->
  (forall t, In t (responses Y n past) -> 0 <= f t) ->
  0 <= expect Y (fun _ => p) n past f /\ expect P (fun _ => p) n past f <= expect Y (fun _ => p) n past f.
Proof.
  intros nodup part. revert past; induction n as [|n IH]; intros past nonneg; simpl.
  - split; [apply nonneg; left; reflexivity|lra].
  - assert (next : forall a, In a Y -> forall t, In t (responses Y n (a :: past)) -> 0 <= f t).
    { intros a ia t it. apply nonneg. simpl. apply in_flat_map. exists a; split; assumption. }
    assert (each : forall a, In a Y -> 0 <= p a * expect Y (fun _ => p) n (a :: past) f).
    { intros a ia. apply Rmult_le_pos; [apply (proj1 law a ia)|apply IH, next, ia]. }
    split; [apply sum_nonneg, each|].
    destruct (split_off P Y nodup part) as [rest perm].
    rewrite (sum_permutation _ _ _ perm), sum_app.
    assert (0 <= sum rest (fun a => p a * expect Y (fun _ => p) n (a :: past) f)).
    { apply sum_nonneg. intros a ia. apply each. apply (Permutation_in a (Permutation_sym perm)).
      apply in_or_app; right; exact ia. }
    assert (sum P (fun a => p a * expect P (fun _ => p) n (a :: past) f)
            <= sum P (fun a => p a * expect Y (fun _ => p) n (a :: past) f)); [|lra].
    apply sum_le; intros a ia. apply Rmult_le_compat_l; [apply (proj1 law a), part, ia|].
    apply IH, next, part, ia.
Qed.

(* Of responses of mass F the rule returns one with probability at least F^N. *)
Lemma part_mass P : NoDup P -> incl P Y -> sum P p ^ N <= sum P q.
Proof.
  intros nodup part. unfold q, returned, drawn. rewrite sum_of_expect, <- (expect_mass P N []).
  assert (nonneg : forall t, In t (responses Y N []) -> 0 <= sum P (rule t)).
  { intros t it. apply whole_responses in it as [len all]. apply sum_nonneg. intros y iy.
    apply (ruled t len all), part, iy. }
  apply (Rle_trans _ (expect P (fun _ => p) N [] (fun t => sum P (rule t)))); [|apply expect_part; assumption].
  right. apply expect_same. intros t it. apply whole_responses in it as [len all].
  assert (all_y : Forall (fun y => In y Y) t).
  { apply Forall_forall. intros y iy. apply part. revert y iy. apply Forall_forall. exact all. }
  destruct (ruled t len all_y) as [[_ one] only].
  destruct (split_off P Y nodup part) as [rest perm].
  rewrite (sum_permutation _ _ _ perm), sum_app in one.
  rewrite (sum_ext rest _ (fun _ => 0)), sum_zero in one; [lra|].
  intros y iy. apply only.
  - apply (Permutation_in y (Permutation_sym perm)). apply in_or_app; right; exact iy.
  - intros it. assert (In y P) by (revert y iy it; intros y _ it; revert y it; apply Forall_forall; exact all).
    apply (Permutation_NoDup perm) in distinct.
    destruct (in_split y P) as [l1 [l2 ->]]; [assumption|].
    rewrite <- app_assoc in distinct. simpl in distinct. apply NoDup_remove_2 in distinct.
    apply distinct. apply in_or_app; right. apply in_or_app; right; exact iy.
Qed.

Lemma returned_law : is_law Y q.
Proof.
  split.
  - intros y iy. apply (expect_part [] N []); [constructor|intros z []|].
    intros t it. apply whole_responses in it as [len all]. apply (ruled t len all), iy.
  - unfold q, returned, drawn. rewrite sum_of_expect.
    rewrite (expect_same Y N [] _ (fun _ => 1)).
    + rewrite expect_mass, (proj2 law). apply pow1.
    + intros t it. apply whole_responses in it as [len all]. apply (ruled t len all).
Qed.

(* What has no mass is not returned, so that the divergence is finite. *)
Lemma support Z : NoDup Z -> (forall z, In z Z <-> In z Y /\ 0 < p z) -> forall f : A -> R,
  (forall y, In y Y -> p y = 0 -> q y = 0 -> f y = 0) ->
  sum Y f = sum Z f /\ dominated Y q p.
Proof.
  intros nodup same f zero. destruct law as [hp p1]. destruct returned_law as [hq q_one].
  assert (part : incl Z Y) by (intros z iz; apply same, iz).
  destruct (split_off Z Y nodup part) as [rest perm].
  assert (inside : forall y, In y rest -> In y Y).
  { intros y iy. apply (Permutation_in y (Permutation_sym perm)). apply in_or_app; right; exact iy. }
  assert (none : forall y, In y rest -> p y = 0).
  { intros y iy. destruct (hp y (inside y iy)) as [pos|<-]; [exfalso|reflexivity].
    assert (iz : In y Z) by (apply same; split; [apply inside, iy|exact pos]).
    pose proof (Permutation_NoDup perm distinct) as nd.
    destruct (in_split y Z iz) as [l1 [l2 e]]. rewrite e, <- app_assoc in nd. simpl in nd.
    apply NoDup_remove_2 in nd. apply nd. apply in_or_app; right. apply in_or_app; right; exact iy. }
  assert (mass : sum Z p = 1).
  { rewrite <- p1, (sum_permutation _ _ _ perm), sum_app.
    rewrite (sum_ext rest p (fun _ => 0)), sum_zero by exact none. ring. }
  pose proof (part_mass Z nodup part) as most. rewrite mass, pow1 in most.
  assert (left_ : sum rest q = 0).
  { rewrite (sum_permutation _ _ _ perm), sum_app in q_one.
    assert (0 <= sum rest q) by (apply sum_nonneg; intros y iy; apply hq, inside, iy). lra. }
  assert (never : forall y, In y rest -> q y = 0).
  { apply sum_zero_each; [intros y iy; apply hq, inside, iy|exact left_]. }
  split.
  - rewrite (sum_permutation _ _ _ perm), sum_app.
    rewrite (sum_ext rest f (fun _ => 0)), sum_zero; [ring|]. intros y iy. apply zero; auto.
  - intros y iy pz. apply (Permutation_in y perm) in iy. apply in_app_or in iy as [iz|ir].
    + apply same in iz. lra.
    + apply never, ir.
Qed.

End Rules.

(* --- the claim --------------------------------------------------------------------------------------- *)

Theorem bn1 {A : Type} (Y : list A) (p : A -> R) (N : nat) (rule : list A -> A -> R) :
  NoDup Y -> is_law Y p -> (1 <= N)%nat -> is_rule Y N rule ->
  let Q := returned Y p N rule in
  is_law Y Q /\ dominated Y Q p /\
  kl Y Q p <= ln (INR N) - (INR N - 1) / INR N /\
  ((2 <= N)%nat -> kl Y Q p < ln (INR N) - (INR N - 1) / INR N).
Proof.
  intros distinct law some ruled Q.
  assert (qlaw : is_law Y Q) by (apply returned_law; assumption).
  destruct (sorted_support p (fun y => ln (Q y / p y)) Y distinct) as [Z [same [nodup order]]].
  pose proof (support Y p N rule distinct law ruled Z nodup same) as reduced.
  assert (inside : dominated Y Q p) by (apply (reduced (fun _ => 0)); reflexivity).
  assert (kls : kl Y Q p = kl Z Q p).
  { apply reduced. intros y _ _ zero. unfold Q. rewrite zero. ring. }
  assert (p1 : sum Z p = 1) by (rewrite <- (proj2 law); symmetry; apply reduced; auto).
  assert (q1 : sum Z Q = 1) by (rewrite <- (proj2 qlaw); symmetry; apply reduced; auto).
  assert (part : incl Z Y) by (intros z iz; apply same, iz).
  assert (slack : exists y, 0 < p y /\
    kl Z Q p <= (ln (INR N) - (INR N - 1) / INR N) - p y ^ N * (ln (INR N) - (INR N - 1) / INR N)).
  { destruct Z as [|y l]; [simpl in p1; lra|].
    exists y. split; [apply same; left; reflexivity|].
    apply whole; try assumption.
    - intros z iz. assert (pz : 0 < p z) by (apply same, iz). split; [exact pz|].
      pose proof (part_mass Y p N rule distinct law ruled [z]) as least. simpl in least.
      rewrite !Rplus_0_r in least. apply (Rlt_le_trans _ (p z ^ N)); [apply pow_lt, pz|].
      apply least; [constructor; [intros []|constructor]|intros z' [<-|[]]; apply part, iz].
    - intros l1 l2 e. apply part_mass; try assumption.
      + rewrite e in nodup. clear - nodup. induction l1 as [|a l1 IH]; [constructor|].
        simpl in nodup. inversion nodup; subst. constructor; [|apply IH; assumption].
        intros ia. apply H1, in_or_app. left; exact ia.
      + intros z iz. apply part. rewrite e. apply in_or_app; left; exact iz. }
  destruct slack as [y [py bound]].
  pose proof (most_nonneg N some) as nonneg. pose proof (pow_lt (p y) N py) as power.
  split; [exact qlaw|split; [exact inside|split]].
  - rewrite kls. pose proof (Rmult_le_pos _ _ (Rlt_le _ _ power) nonneg). lra.
  - intros two. rewrite kls. pose proof (Rmult_lt_0_compat _ _ power (most_pos N two)). lra.
Qed.

(* --- false variants: the larger of N draws from 0 and 1, each of mass 1/2 ---------------------------- *)

From ExploreTheory Require Import Bounds.

Definition even := table [1 / 2; 1 / 2].
Definition larger (t : list nat) (y : nat) : R :=
  match existsb (Nat.eqb 1) t, y with true, 1%nat => 1 | false, O => 1 | _, _ => 0 end.

Lemma larger_rule N : (1 <= N)%nat -> is_rule [0; 1]%nat N larger.
Proof.
  intros some t len all. destruct (existsb (Nat.eqb 1) t) eqn:found.
  - split; [split; [intros [|[|]] _; unfold larger; rewrite found; lra|unfold sum, larger; rewrite found; ring]|].
    intros [|[|y]] _ absent; unfold larger; rewrite found; try reflexivity.
    exfalso; apply absent. apply existsb_exists in found as [z [iz e]]. apply Nat.eqb_eq in e. subst; exact iz.
  - split; [split; [intros [|y] _; unfold larger; rewrite found; lra|unfold sum, larger; rewrite found; ring]|].
    intros [|y] _ absent; unfold larger; rewrite found; [exfalso|reflexivity]. apply absent.
    destruct t as [|z t]; [simpl in len; lia|]. inversion all; subst.
    destruct H1 as [<-|[<-|[]]]; [left; reflexivity|discriminate].
Qed.

Definition always (distance : list nat -> (nat -> R) -> (nat -> R) -> R) (at_most : R -> R) : Prop :=
  forall Y p N rule, NoDup Y -> is_law Y p -> (1 <= N)%nat -> is_rule Y N rule ->
  distance Y (returned Y p N rule) p <= at_most (INR N).

Ltac numbers := cbv [even larger INR existsb Nat.eqb orb]; expand_draws.

Lemma refuted_by_example N distance at_most : (1 <= N)%nat ->
  at_most (INR N) < distance [0; 1]%nat (returned [0; 1]%nat even N larger) even -> ~ always distance at_most.
Proof.
  intros some less says. revert less. apply Rle_not_lt, says; [|cbv [even]; law_of_numbers|exact some|].
  - repeat constructor; simpl; intuition discriminate.
  - apply larger_rule, some.
Qed.

(* ln N - 1. *)
Theorem not_a_whole_nat_less : ~ always kl (fun n => ln n - 1).
Proof. apply (refuted_by_example 2); [lia|]. numbers. bounds. Qed.

(* The same for N - 1. *)
Theorem not_one_draw_less : ~ always kl (fun n => ln (n - 1) - (n - 2) / (n - 1)).
Proof. apply (refuted_by_example 2); [lia|]. numbers. bounds. Qed.

(* KL(pi_ref || Q). *)
Theorem not_the_other_way_round : ~ always (fun Y Q p => kl Y p Q) (fun n => ln n - (n - 1) / n).
Proof. apply (refuted_by_example 4); [lia|]. numbers. bounds. Qed.

(* Half of it. *)
Theorem not_half : ~ always kl (fun n => (ln n - (n - 1) / n) / 2).
Proof. apply (refuted_by_example 2); [lia|]. numbers. bounds. Qed.
