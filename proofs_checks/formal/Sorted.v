(* Lists in another order: sums, parts that are split off, and sorting by a real number. *)

From Coq Require Import Reals Lra List Permutation.
From ExploreTheory Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Fixpoint ascending {A : Type} (g : A -> R) (l : list A) : Prop :=
  match l with [] => True | y :: rest => (forall z, In z rest -> g y <= g z) /\ ascending g rest end.

Section Lists.
Context {A : Type}.
Implicit Types (l P Y Z : list A).

Lemma sum_permutation l l' (f : A -> R) : Permutation l l' -> sum l f = sum l' f.
Proof. induction 1; simpl; lra. Qed.

Lemma split_off P : forall Y, NoDup P -> incl P Y -> exists rest, Permutation Y (P ++ rest).
Proof.
  induction P as [|a P IH]; intros Y distinct part; [exists Y; apply Permutation_refl|].
  destruct (in_split a Y) as [l1 [l2 ->]]; [apply part; left; reflexivity|].
  inversion distinct; subst.
  destruct (IH (l1 ++ l2)) as [rest perm]; [assumption| |].
  - intros z iz. assert (there : In z (l1 ++ a :: l2)) by (apply part; right; exact iz).
    apply in_app_or in there as [there|[<-|there]]; apply in_or_app; auto. contradiction.
  - exists rest. apply (Permutation_trans (Permutation_sym (Permutation_middle l1 l2 a))).
    simpl. apply perm_skip, perm.
Qed.

Lemma insert (g : A -> R) a l : ascending g l -> exists l', Permutation (a :: l) l' /\ ascending g l'.
Proof.
  induction l as [|b l IH]; intros order.
  - exists [a]. split; [apply Permutation_refl|split; [intros z []|exact I]].
  - destruct order as [first order]. destruct (Rle_lt_dec (g a) (g b)) as [below|above].
    + exists (a :: b :: l). split; [apply Permutation_refl|]. split; [|split; assumption].
      intros z [<-|iz]; [exact below|]. specialize (first z iz). lra.
    + destruct (IH order) as [l' [perm sorted]]. exists (b :: l'). split.
      * apply (Permutation_trans (perm_swap b a l)). apply perm_skip, perm.
      * split; [|exact sorted]. intros z iz.
        apply (Permutation_in z (Permutation_sym perm)) in iz as [<-|iz]; [lra|apply first, iz].
Qed.

(* The elements of positive mass in ascending order. *)
Lemma sorted_support (p g : A -> R) Y : NoDup Y ->
  exists Z, (forall z, In z Z <-> In z Y /\ 0 < p z) /\ NoDup Z /\ ascending g Z.
Proof.
  induction Y as [|a Y IH]; intros distinct.
  - exists []. repeat split; try constructor; intros; try contradiction; tauto.
  - inversion distinct; subst. destruct IH as [Z [same [nodup order]]]; [assumption|].
    destruct (Rlt_dec 0 (p a)) as [pos|not].
    + destruct (insert g a Z order) as [Z' [perm sorted]]. exists Z'. split; [|split; [|exact sorted]].
      * intros z. split.
        -- intros iz. apply (Permutation_in z (Permutation_sym perm)) in iz as [<-|iz].
           ++ split; [left; reflexivity|exact pos].
           ++ apply same in iz. split; [right|]; apply iz.
        -- intros [[<-|iz] pz]; apply (Permutation_in _ perm); [left; reflexivity|right; apply same; auto].
      * apply (Permutation_NoDup perm). constructor; [|exact nodup]. intros ia. apply same in ia. tauto.
    + exists Z. split; [|split; assumption]. intros z. split.
      * intros iz. apply same in iz. split; [right|]; apply iz.
      * intros [[<-|iz] pz]; [contradiction|apply same; auto].
Qed.

End Lists.
